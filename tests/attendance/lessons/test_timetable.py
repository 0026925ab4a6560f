"""From weekly lessons to the lessons of a day."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from attendance.lessons.timetable import lesson_times, orphans_drop, sessions_plan
from attendance.models import ClassSession, DayOff, TimetableSlot
from attendance.register.sessions import session_open
from enrollment.models import Course
from tests.contracts.conftest import at_once

MONDAY = date(2026, 3, 2)
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)  # Sundays: the clocks change at 01:00 UTC


def make_slot(physics, starts=time(9), ends=time(9, 50), weekday=0, **fields):
    fields.setdefault("first_day", date(2026, 1, 1))
    return TimetableSlot.objects.create(
        institution=physics.institution, course=physics, weekday=weekday, starts=starts, ends=ends, **fields
    )


def planned(riverside, day=MONDAY):
    return list(ClassSession.objects.for_institution(riverside).filter(local_date=day))


@pytest.mark.parametrize(
    ("day", "starts", "utc"),
    [
        (SPRING, time(0, 30), (0, 30)),
        (SPRING, time(1, 30), (1, 30)),  # does not exist: by the offset before the change, 02:30 on the wall
        (SPRING, time(2, 30), (1, 30)),
        (SPRING, time(9), (8, 0)),
        (AUTUMN, time(0, 30), (23, 30)),
        (AUTUMN, time(1, 30), (0, 30)),  # comes twice: the first
        (AUTUMN, time(2, 30), (2, 30)),
        (AUTUMN, time(9), (9, 0)),
    ],
)
def test_the_nights_when_the_clocks_change(physics, day, starts, utc):
    ends = (datetime.combine(day, starts) + timedelta(minutes=50)).time()
    begins, over = lesson_times(make_slot(physics, starts, ends, day.weekday()), day)
    assert (begins.hour, begins.minute) == utc
    assert begins.tzinfo is UTC
    assert over - begins == timedelta(minutes=50)


@pytest.mark.parametrize("day", [SPRING, AUTUMN])
def test_a_lesson_of_those_nights_belongs_to_its_own_day(riverside, physics, day):
    make_slot(physics, time(1, 30), time(2, 20), day.weekday())
    assert sessions_plan(institution=riverside, day=day) == 1
    [session] = planned(riverside, day)
    session.save()
    session.refresh_from_db()
    assert session.local_date == day
    assert sessions_plan(institution=riverside, day=day) == 0


def test_each_weekly_lesson_gets_its_session_once(riverside, physics):
    make_slot(physics)
    make_slot(physics, time(14), time(14, 50), room="Lab")
    make_slot(physics, weekday=1)
    assert sessions_plan(institution=riverside, day=MONDAY) == 2
    assert sessions_plan(institution=riverside, day=MONDAY) == 0
    assert [(s.room, s.state) for s in planned(riverside)] == [("12", "scheduled"), ("Lab", "scheduled")]


@pytest.mark.parametrize(
    "fields",
    [{"first_day": date(2026, 3, 3)}, {"last_day": date(2026, 3, 1)}],
    ids=["not yet", "no longer"],
)
def test_a_slot_counts_between_its_days(riverside, physics, fields):
    make_slot(physics, **fields)
    assert sessions_plan(institution=riverside, day=MONDAY) == 0


def test_the_first_and_the_last_day_count(riverside, physics):
    make_slot(physics, first_day=MONDAY, last_day=MONDAY)
    assert sessions_plan(institution=riverside, day=MONDAY) == 1


def test_a_planned_lesson_follows_the_timetable(riverside, physics):
    slot = make_slot(physics)
    sessions_plan(institution=riverside, day=MONDAY)
    slot.starts, slot.ends, slot.room = time(10), time(10, 50), "Hall"
    slot.save()
    assert sessions_plan(institution=riverside, day=MONDAY) == 0
    [session] = planned(riverside)
    assert (session.starts_at, session.room) == (datetime(2026, 3, 2, 10, tzinfo=UTC), "Hall")


def test_an_open_register_stays_where_it_is(riverside, physics, tess):
    slot = make_slot(physics)
    sessions_plan(institution=riverside, day=MONDAY)
    session_open(session=planned(riverside)[0], by=tess.user)
    TimetableSlot.objects.filter(pk=slot.pk).update(starts=time(10), ends=time(11), weekday=1)
    sessions_plan(institution=riverside, day=MONDAY)
    [session] = planned(riverside)
    assert session.starts_at == datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.mark.parametrize("change", [{"weekday": 1}, {"last_day": date(2026, 3, 1)}, {"first_day": date(2026, 4, 1)}])
def test_a_lesson_that_is_no_longer_on_that_day_goes(riverside, physics, change):
    slot = make_slot(physics)
    sessions_plan(institution=riverside, day=MONDAY)
    TimetableSlot.objects.filter(pk=slot.pk).update(**change)
    sessions_plan(institution=riverside, day=MONDAY)
    assert planned(riverside) == []


def test_a_course_that_rests_has_no_lessons(riverside, physics):
    make_slot(physics)
    sessions_plan(institution=riverside, day=MONDAY)
    physics.is_active = False
    physics.save()
    assert sessions_plan(institution=riverside, day=MONDAY) == 0
    assert planned(riverside) == []


def test_lessons_outside_the_timetable_are_left_alone(riverside, physics, lesson):
    sessions_plan(institution=riverside, day=lesson.local_date)
    assert ClassSession.objects.filter(pk=lesson.pk).exists()


def test_another_school_s_lessons_are_left_alone(riverside, hilltop, physics):
    make_slot(physics)
    sessions_plan(institution=riverside, day=MONDAY)
    assert sessions_plan(institution=hilltop, day=MONDAY) == 0
    assert len(planned(riverside)) == 1


@pytest.mark.django_db(transaction=True)
def test_two_processes_plan_the_same_day(riverside, physics):
    make_slot(physics)
    make_slot(physics, time(14), time(14, 50))
    results = at_once(*[lambda: sessions_plan(institution=riverside, day=MONDAY)] * 3)
    assert all(isinstance(result, int) for result in results)
    assert len(planned(riverside)) == 2


def make_day_off(institution, first=MONDAY, last=MONDAY, **fields):
    fields.setdefault("name", "Spring holidays")
    return DayOff.objects.create(institution=institution, first_day=first, last_day=last, **fields)


def test_an_unchanged_day_costs_one_query(riverside, physics, django_assert_num_queries):
    for hour in range(8, 16):
        make_slot(physics, time(hour), time(hour, 50))
    make_day_off(riverside, course=physics)
    assert sessions_plan(institution=riverside, day=MONDAY) == 8
    with django_assert_num_queries(1):
        assert sessions_plan(institution=riverside, day=MONDAY) == 0


@pytest.mark.parametrize("last", [MONDAY, MONDAY + timedelta(days=3)])
def test_a_lesson_on_a_day_off_is_cancelled_with_its_name(riverside, physics, last):
    make_slot(physics)
    make_day_off(riverside, last=last)
    assert sessions_plan(institution=riverside, day=MONDAY) == 1
    [session] = planned(riverside)
    assert (session.state, session.reason) == ("cancelled", "Spring holidays")


def test_a_planned_lesson_is_cancelled_by_a_day_off_and_comes_back_without_it(riverside, physics):
    make_slot(physics)
    sessions_plan(institution=riverside, day=MONDAY)
    before = planned(riverside)[0].pk
    day_off = make_day_off(riverside)
    sessions_plan(institution=riverside, day=MONDAY)
    assert [(s.pk, s.state, s.reason) for s in planned(riverside)] == [(before, "cancelled", "Spring holidays")]
    day_off.delete()
    sessions_plan(institution=riverside, day=MONDAY)
    assert [(s.pk, s.state, s.reason) for s in planned(riverside)] == [(before, "scheduled", "")]


def test_a_day_off_of_one_course_leaves_the_others(riverside, physics):
    chemistry = Course.objects.create(institution=riverside, code="CHE", name="Chemistry")
    make_slot(physics)
    make_slot(chemistry)
    make_day_off(riverside, course=chemistry)
    sessions_plan(institution=riverside, day=MONDAY)
    states = {s.course.name: s.state for s in planned(riverside)}
    assert states == {"Chemistry": "cancelled", "Physics 10B": "scheduled"}


@pytest.mark.parametrize("day", [MONDAY - timedelta(days=1), MONDAY + timedelta(days=1)])
def test_the_days_beside_it_are_not_off(riverside, physics, day):
    make_slot(physics)
    make_day_off(riverside, first=day, last=day)
    sessions_plan(institution=riverside, day=MONDAY)
    assert planned(riverside)[0].state == "scheduled"


def test_another_schools_holidays_are_not_ours(riverside, hilltop, physics):
    make_slot(physics)
    make_day_off(hilltop)
    sessions_plan(institution=riverside, day=MONDAY)
    assert planned(riverside)[0].state == "scheduled"


def test_an_open_register_is_not_cancelled_by_a_day_off(riverside, physics, tess):
    make_slot(physics)
    sessions_plan(institution=riverside, day=MONDAY)
    session_open(session=planned(riverside)[0], by=tess.user)
    make_day_off(riverside)
    sessions_plan(institution=riverside, day=MONDAY)
    assert planned(riverside)[0].is_open


def test_planned_lessons_of_a_deleted_weekly_lesson_go(riverside, hilltop, physics, lesson):
    slot = make_slot(physics)
    sessions_plan(institution=riverside, day=MONDAY)
    slot.delete()
    assert orphans_drop(institution=hilltop) == 0
    assert orphans_drop(institution=riverside) == 1
    assert list(ClassSession.objects.all()) == [lesson], "one outside the timetable stays"


def test_some_courses_alone_are_planned_with_one_query_too(riverside, physics, django_assert_num_queries):
    chemistry = Course.objects.create(institution=riverside, code="CHE", name="Chemistry")
    make_slot(physics)
    make_slot(chemistry)
    only = Course.objects.filter(pk=chemistry.pk)
    assert sessions_plan(institution=riverside, day=MONDAY, courses=only) == 1
    assert [session.course for session in planned(riverside)] == [chemistry]
    with django_assert_num_queries(1):
        assert sessions_plan(institution=riverside, day=MONDAY, courses=only) == 0
