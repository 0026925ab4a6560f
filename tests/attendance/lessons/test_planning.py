"""The schools that have lessons to plan: the same that planning each of them would change, found for all together."""

from datetime import date, time, timedelta

import pytest
from django.utils import timezone

from attendance.lessons.planning import days_plan, schools_unplanned
from attendance.lessons.timetable import sessions_plan
from attendance.models import ClassSession, DayOff, TimetableSlot
from enrollment.models import Course

A_MONDAY = date(2026, 11, 30)
ZONES = ("Europe/London", "Asia/Kolkata")


@pytest.fixture
def slot(riverside, physics):
    """Physics at Riverside, Mondays at nine, planned."""
    slot = TimetableSlot.objects.create(
        institution=riverside, course=physics, weekday=0, starts="09:00", ends="09:50", first_day="2026-01-01"
    )
    assert sessions_plan(institution=riverside, day=A_MONDAY) == 1
    return slot


@pytest.fixture
def other(hilltop):
    """Chemistry at Hilltop at the same hour, planned."""
    course = Course.objects.create(institution=hilltop, code="C", name="Chemistry")
    TimetableSlot.objects.create(
        institution=hilltop, course=course, weekday=0, starts="09:00", ends="09:50", first_day="2026-01-01"
    )
    assert sessions_plan(institution=hilltop, day=A_MONDAY) == 1
    return course


def unplanned(day=A_MONDAY):
    return schools_unplanned(day, ZONES)


def slots(**fields):
    return lambda slot: TimetableSlot.objects.filter(pk=slot.pk).update(**fields)


def lessons(**fields):
    return lambda slot: ClassSession.objects.filter(slot=slot).update(**fields)


def day_off(**fields):
    return lambda slot: DayOff.objects.create(
        institution=slot.institution, name="Founders", first_day=A_MONDAY, last_day=A_MONDAY, **fields
    )


CHANGES = {
    "deleted": lambda slot: ClassSession.objects.all().filter(slot=slot).delete(),
    "later": slots(starts=time(9, 5)),
    "longer": slots(ends=time(10, 0)),
    "another day": slots(weekday=1),
    "not any more": slots(last_day=A_MONDAY - timedelta(days=1)),
    "not yet": slots(first_day=A_MONDAY + timedelta(days=1)),
    "another room": slots(room="14"),
    "the course's other room": lambda slot: Course.objects.filter(pk=slot.course_id).update(room="14"),
    "not taught now": lambda slot: Course.objects.filter(pk=slot.course_id).update(is_active=False),
    "another zone": lambda slot: type(slot.institution).objects.filter(pk=slot.institution_id).update(
        time_zone="Asia/Kolkata"
    ),
    "a day off": day_off(),
    "the day off is none": lessons(state="cancelled", reason="Founders"),
    "called otherwise": lambda slot: [day_off()(slot), lessons(state="cancelled", reason="Other")(slot)],
}  # fmt: skip
SETTLED = {
    "nothing": lambda slot: None,
    "opened": lambda slot: [lessons(state="open")(slot), slots(starts=time(9, 5))(slot)],
    "changed by hand": lambda slot: [lessons(changed_at=timezone.now())(slot), slots(room="14")(slot)],
    "a day off of another course": lambda slot: day_off(
        course=Course.objects.create(institution=slot.institution, code="X", name="X")
    )(slot),
    "a day off already": lambda slot: [day_off()(slot), lessons(state="cancelled", reason="Founders")(slot)],
    "a day off elsewhere": lambda slot: DayOff.objects.create(
        institution=Course.objects.get(code="C").institution, name="Diwali", first_day="2026-01-01",
        last_day="2026-01-02",
    ),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_school_is_found_while_there_is_something_to_plan(slot, other, riverside, change):
    change(slot)
    assert unplanned() == {riverside.pk}
    riverside.refresh_from_db()
    before = list(ClassSession.objects.filter(institution=riverside).values())
    sessions_plan(institution=riverside, day=A_MONDAY)
    assert list(ClassSession.objects.filter(institution=riverside).values()) != before
    assert unplanned() == set()


@pytest.mark.parametrize("change", SETTLED.values(), ids=SETTLED)
def test_a_school_is_left_alone_where_there_is_nothing(slot, other, riverside, change):
    change(slot)
    assert unplanned() == set()
    before = list(ClassSession.objects.values())
    sessions_plan(institution=riverside, day=A_MONDAY)
    assert list(ClassSession.objects.values()) == before


def test_only_where_it_is_that_day(slot, other, hilltop, riverside):
    ClassSession.objects.all().delete()
    assert schools_unplanned(A_MONDAY, ["Asia/Kolkata"]) == {hilltop.pk}
    assert unplanned() == {hilltop.pk, riverside.pk}


def test_many_times_are_asked_about_in_several_questions(slot, other, riverside, monkeypatch):
    monkeypatch.setattr("attendance.lessons.planning._MOST_TERMS", 1)
    late = TimetableSlot.objects.create(
        institution=riverside, course=slot.course, weekday=0, starts="11:00", ends="11:50", first_day="2026-01-01"
    )
    sessions_plan(institution=riverside, day=A_MONDAY)
    TimetableSlot.objects.filter(pk__in=[slot.pk, late.pk]).update(ends="12:00")
    TimetableSlot.objects.filter(course=other).update(starts="08:00")
    assert unplanned() == {riverside.pk, other.institution_id}


def test_the_days_to_plan_are_today_and_tomorrow_of_each_school(riverside, physics, hilltop):
    chemistry = Course.objects.create(institution=hilltop, code="C", name="Chemistry")
    for weekday in range(7):
        for school, course in ((riverside, physics), (hilltop, chemistry)):
            TimetableSlot.objects.create(
                institution=school, course=course, weekday=weekday, starts="09:00", ends="09:50", first_day="2020-01-01"
            )
    assert days_plan() == 4
    for school in (riverside, hilltop):
        today = timezone.localdate(timezone=school.zone)
        days = ClassSession.objects.filter(institution=school).values_list("slot_day", flat=True)
        assert set(days) == {today, today + timedelta(days=1)}
    assert days_plan() == 0


def test_lessons_whose_weekly_lesson_was_deleted_go(riverside, physics):
    day = timezone.localdate(timezone=riverside.zone)
    slot = TimetableSlot.objects.create(
        institution=riverside, course=physics, weekday=day.weekday(), starts="09:00", ends="09:50", first_day=day
    )
    assert days_plan() == 1
    slot.delete()
    assert days_plan() == 0
    assert not ClassSession.objects.exists()
