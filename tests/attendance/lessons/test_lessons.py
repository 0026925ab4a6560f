"""Single lessons: cancelled, moved, added, brought back; and the coming weeks, which nobody stored."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.utils import timezone

from attendance.domain.statuses import Status
from attendance.errors import SessionNotOpen
from attendance.lessons.changes import (
    When,
    lesson_add,
    lesson_cancel,
    lesson_follow,
    lesson_move,
    lesson_of,
    lesson_restore,
)
from attendance.lessons.coming import lessons_between, lessons_of
from attendance.lessons.errors import LessonBegun, LessonCancelled, LessonExists, NoSuchLesson
from attendance.lessons.planning import schools_unplanned
from attendance.lessons.substitutes import course_assign_substitute
from attendance.lessons.timetable import sessions_plan
from attendance.models import ClassSession, DayOff
from attendance.register.sessions import session_close, session_open, session_reopen
from attendance.repositories import marks_for
from attendance.today.agenda import read_agenda
from enrollment.models import Course, Teaching
from tests.attendance.byhand import mark_set
from tests.attendance.lessons.test_timetable import make_day_off, make_slot
from tests.contracts.conftest import at_once

MONDAY = date(2026, 3, 2)
AUTUMN = date(2026, 10, 25)  # a Sunday: the clocks go back at 01:00 UTC


@pytest.fixture(autouse=True)
def the_week_before(monkeypatch):
    """It is Wednesday, 25 February 2026, noon."""
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 2, 25, 12, tzinfo=UTC))


@pytest.fixture
def monday(physics):
    """The session of Monday's lesson, 09:00 to 09:50."""
    return lesson_of(slot=make_slot(physics), day=MONDAY)


def the_lessons(course, first=MONDAY, last=MONDAY):
    return lessons_between(course.institution, [course], first, last)


def days_plan_of(school, day):
    """The plan of a day, as the sweep makes it: only where something is to be planned."""
    if schools_unplanned(day, [school.time_zone]):
        sessions_plan(institution=school, day=day)
    assert not schools_unplanned(day, [school.time_zone])


class TestCancelling:
    def test_is_kept_with_its_reason_and_who_did_it(self, monday, tess):
        lesson_cancel(session=monday, reason="Fire drill", by=tess.user)
        monday.refresh_from_db()
        assert (monday.state, monday.reason, monday.changed_by) == ("cancelled", "Fire drill", tess.user)

    def test_the_plan_of_the_day_leaves_it_so(self, riverside, monday, tess):
        lesson_cancel(session=monday, reason="Fire drill", by=tess.user)
        sessions_plan(institution=riverside, day=MONDAY)
        monday.refresh_from_db()
        assert (monday.state, monday.reason) == ("cancelled", "Fire drill")

    def test_brought_back_it_follows_the_timetable_again(self, riverside, monday, tess):
        lesson_cancel(session=monday, reason="Fire drill", by=tess.user)
        lesson_restore(session=monday, by=tess.user)
        monday.refresh_from_db()
        assert (monday.state, monday.reason, monday.changed_at) == ("scheduled", "", None)
        monday.slot.starts, monday.slot.ends = time(10), time(10, 50)
        monday.slot.save()
        sessions_plan(institution=riverside, day=MONDAY)
        monday.refresh_from_db()
        assert monday.starts_at.hour == 10

    def test_brought_back_on_a_day_off_it_is_held_all_the_same(self, riverside, physics, tess):
        make_slot(physics)
        make_day_off(riverside)
        sessions_plan(institution=riverside, day=MONDAY)
        session = ClassSession.objects.get()
        assert session.state == "cancelled"
        lesson_restore(session=session, by=tess.user)
        sessions_plan(institution=riverside, day=MONDAY)
        session.refresh_from_db()
        assert session.state == "scheduled"

    def test_its_register_can_be_neither_opened_nor_closed(self, monday, tess):
        monday = lesson_cancel(session=monday, reason="", by=tess.user)
        for act in (session_open, session_close, session_reopen):
            with pytest.raises(LessonCancelled):
                act(session=monday, by=tess.user)

    def test_nobody_is_marked_in_it_and_no_rate_counts_it(self, riverside, monday, tess, sam):
        monday = lesson_cancel(session=monday, reason="", by=tess.user)
        with pytest.raises(SessionNotOpen):
            mark_set(session=monday, student_id=sam.pk, status=Status.ABSENT, by=tess.user, expected_version=0)
        assert marks_for(riverside).for_student(sam.pk).marks == ()

    @pytest.mark.parametrize("act", ["cancel", "restore", "move", "follow"])
    def test_what_was_opened_stays(self, act, monday, tess):
        session_open(session=monday, by=tess.user)
        to = When(MONDAY, time(11), time(12))
        acts = {
            "cancel": lambda: lesson_cancel(session=monday, reason="", by=tess.user),
            "restore": lambda: lesson_restore(session=monday, by=tess.user),
            "move": lambda: lesson_move(session=monday, to=to, reason="", by=tess.user),
            "follow": lambda: lesson_follow(session=monday),
        }
        with pytest.raises(LessonBegun):
            acts[act]()
        monday.refresh_from_db()
        assert monday.is_open


class TestMoving:
    def test_to_another_day_and_room(self, riverside, monday, tess):
        to = When(MONDAY + timedelta(days=1), time(14), time(14, 40), "Hall")
        moved = lesson_move(session=monday, to=to, reason="Trip", by=tess.user)
        assert (moved.local_date, moved.slot_day, moved.room) == (date(2026, 3, 3), MONDAY, "Hall")
        assert (moved.starts_at, moved.ends_at.minute) == (datetime(2026, 3, 3, 14, tzinfo=UTC), 40)
        assert sessions_plan(institution=riverside, day=MONDAY) == 0, "Monday's lesson is the one on Tuesday"
        assert sessions_plan(institution=riverside, day=MONDAY + timedelta(days=1)) == 0
        assert ClassSession.objects.get().room == "Hall"

    def test_back_to_where_the_timetable_has_it(self, monday, tess):
        to = When(MONDAY + timedelta(days=1), time(14), time(14, 40), "Hall")
        moved = lesson_move(session=monday, to=to, reason="Trip", by=tess.user)
        back = lesson_follow(session=moved)
        assert (back.local_date, back.starts_at.hour, back.room, back.changed_at) == (MONDAY, 9, "12", None)

    def test_a_day_off_that_is_entered_later_cancels_it_until_it_is_taken_back(self, riverside, physics, monday, tess):
        tuesday = MONDAY + timedelta(days=1)
        lesson_move(session=monday, to=When(tuesday, time(14), time(15)), reason="Trip", by=tess.user)
        day_off = make_day_off(riverside, tuesday, tuesday)
        for state, reason in (("cancelled", "Spring holidays"), ("scheduled", "Trip")):
            assert [(each.state, each.reason) for each in the_lessons(physics, tuesday, tuesday)] == [(state, reason)]
            days_plan_of(riverside, tuesday)
            monday.refresh_from_db()
            assert (monday.state, monday.reason, monday.local_date) == (state, reason, tuesday)
            DayOff.objects.filter(pk=day_off.pk).delete()

    def test_on_a_day_off_that_is_there_already_it_is_held(self, riverside, physics, monday, tess):
        tuesday = MONDAY + timedelta(days=1)
        make_day_off(riverside, tuesday, tuesday)
        lesson_move(session=monday, to=When(tuesday, time(14), time(15)), reason="Trip", by=tess.user)
        days_plan_of(riverside, tuesday)
        assert [each.state for each in the_lessons(physics, tuesday, tuesday)] == ["scheduled"]

    def test_one_that_a_person_cancelled_does_not_come_back_with_the_end_of_a_day_off(self, riverside, monday, tess):
        tuesday = MONDAY + timedelta(days=1)
        lesson_move(session=monday, to=When(tuesday, time(14), time(15)), reason="Trip", by=tess.user)
        lesson_cancel(session=monday, reason="Ill", by=tess.user)
        days_plan_of(riverside, tuesday)
        monday.refresh_from_db()
        assert (monday.state, monday.reason) == ("cancelled", "Ill")
        lesson_restore(session=monday, by=tess.user)
        make_day_off(riverside, tuesday, tuesday)
        days_plan_of(riverside, tuesday)
        monday.refresh_from_db()
        assert (monday.state, monday.reason) == ("cancelled", "Spring holidays")

    def test_a_moved_and_cancelled_lesson_comes_back_where_it_was_moved(self, monday, tess):
        moved = lesson_move(session=monday, to=When(MONDAY, time(14), time(15)), reason="", by=tess.user)
        lesson_cancel(session=moved, reason="Ill", by=tess.user)
        back = lesson_restore(session=moved, by=tess.user)
        assert (back.state, back.starts_at.hour, back.changed_at is None) == ("scheduled", 14, False)

    def test_not_onto_another_lesson_of_the_course(self, monday, physics, tess):
        lesson_of(slot=make_slot(physics, time(14), time(15)), day=MONDAY)
        with pytest.raises(LessonExists):
            lesson_move(session=monday, to=When(MONDAY, time(14), time(15)), reason="", by=tess.user)

    def test_one_outside_the_timetable_has_nothing_to_go_back_to(self, physics, tess):
        added = lesson_add(course=physics, when=When(MONDAY, time(14), time(15)), reason="", by=tess.user)
        with pytest.raises(NoSuchLesson):
            lesson_follow(session=added)

    def test_into_the_hour_that_comes_twice(self, monday, tess):
        moved = lesson_move(session=monday, to=When(AUTUMN, time(1, 30), time(2, 20)), reason="", by=tess.user)
        assert (moved.starts_at.hour, moved.ends_at - moved.starts_at) == (0, timedelta(minutes=50))
        assert moved.local_date == AUTUMN


class TestAdding:
    def test_in_the_schools_own_time(self, physics, tess):
        added = lesson_add(
            course=physics, when=When(date(2026, 7, 1), time(10), time(11)), reason="Revision", by=tess.user
        )
        assert (added.starts_at, added.room) == (datetime(2026, 7, 1, 9, tzinfo=UTC), "12")
        assert (added.reason, added.state, added.slot) == ("Revision", "scheduled", None)

    def test_twice_at_the_same_time(self, physics, tess):
        when = When(MONDAY, time(10), time(11))
        lesson_add(course=physics, when=when, reason="", by=tess.user)
        with pytest.raises(LessonExists):
            lesson_add(course=physics, when=when, reason="", by=tess.user)
        assert ClassSession.objects.count() == 1

    @pytest.mark.parametrize(
        ("day", "fields"),
        [
            (MONDAY + timedelta(days=1), {}),
            (MONDAY, {"first_day": MONDAY + timedelta(days=1)}),
            (MONDAY, {"last_day": MONDAY - timedelta(days=1)}),
        ],
    )
    def test_no_lesson_of_the_timetable_on_a_day_that_is_not_its_own(self, physics, day, fields):
        slot = make_slot(physics, **fields)
        with pytest.raises(NoSuchLesson):
            lesson_of(slot=slot, day=day)
        assert not ClassSession.objects.exists()


class TestComingWeeks:
    def test_nothing_is_stored_for_them(self, physics, django_assert_max_num_queries):
        make_slot(physics)
        with django_assert_max_num_queries(5):
            lessons = the_lessons(physics, MONDAY, MONDAY + timedelta(weeks=4))
        assert [lesson.starts_at.date() for lesson in lessons] == [MONDAY + timedelta(weeks=n) for n in range(5)]
        assert not ClassSession.objects.exists()

    def test_through_both_nights_at_the_same_time_of_the_wall(self, riverside, physics):
        make_slot(physics)
        for first in (date(2026, 3, 23), date(2026, 10, 19)):
            lessons = the_lessons(physics, first, first + timedelta(weeks=1))
            assert [timezone.localtime(lesson.starts_at, riverside.zone).hour for lesson in lessons] == [9, 9]
            assert len({lesson.starts_at.hour for lesson in lessons}) == 2

    def test_holidays_show_as_cancelled(self, riverside, physics):
        make_slot(physics)
        make_day_off(riverside, MONDAY + timedelta(days=5), MONDAY + timedelta(days=8))
        states = [(each.state, each.reason) for each in the_lessons(physics, MONDAY, MONDAY + timedelta(weeks=2))]
        assert states == [("scheduled", ""), ("cancelled", "Spring holidays"), ("scheduled", "")]

    def test_a_single_lesson_s_exception_takes_its_place(self, physics, monday, tess):
        lesson_cancel(session=monday, reason="Fire drill", by=tess.user)
        [first, second] = the_lessons(physics, MONDAY, MONDAY + timedelta(weeks=1))
        assert (first.session_id, first.state, first.reason) == (monday.pk, "cancelled", "Fire drill")
        assert (second.session_id, second.state) == (None, "scheduled")

    def test_a_moved_lesson_is_where_it_was_moved_and_not_where_it_was(self, physics, monday, tess):
        lesson_move(session=monday, to=When(MONDAY + timedelta(days=8), time(14), time(15)), reason="", by=tess.user)
        assert the_lessons(physics) == []
        assert [each.starts_at.hour for each in the_lessons(physics, date(2026, 3, 8), date(2026, 3, 14))] == [9, 14]

    def test_a_lesson_keeps_its_name_in_calendars(self, physics, tess):
        slot = make_slot(physics)
        [before] = the_lessons(physics)
        lesson_cancel(session=lesson_of(slot=slot, day=MONDAY), reason="", by=tess.user)
        [after] = the_lessons(physics)
        assert before.uid == after.uid
        assert after.session_id

    def test_what_is_stored_follows_a_changed_timetable(self, riverside, physics, monday):
        monday.slot.weekday = 1
        monday.slot.save()
        [only] = the_lessons(physics, MONDAY, MONDAY + timedelta(days=6))
        assert timezone.localdate(only.starts_at, riverside.zone) == MONDAY + timedelta(days=1)

    def test_what_was_held_stays_in_the_past(self, physics, monday, monkeypatch):
        monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 4, 1, 12, tzinfo=UTC))
        monday.slot.delete()
        [past] = the_lessons(physics)
        assert past.session_id == monday.pk

    def test_a_course_that_rests_has_none(self, physics):
        make_slot(physics)
        Course.objects.update(is_active=False)
        physics.refresh_from_db()
        assert the_lessons(physics) == []

    def test_of_no_course(self, riverside, django_assert_num_queries):
        with django_assert_num_queries(0):
            assert lessons_between(riverside, [], MONDAY, MONDAY) == []


class TestOnesOwn:
    def test_the_lessons_that_one_teaches_and_those_one_takes_for_others(self, riverside, physics, tess, theo):
        chemistry = Course.objects.create(institution=riverside, code="CHE", name="Chemistry")
        Teaching.objects.create(institution=riverside, course=chemistry, teacher=theo)
        make_slot(physics)
        make_slot(chemistry, time(11), time(12))
        course_assign_substitute(course=physics, teacher=theo, first_day=MONDAY, last_day=MONDAY, by=tess.user)
        found = lessons_of(theo, MONDAY, MONDAY + timedelta(weeks=1))
        assert [(each.course.name, each.substitutes) for each in found] == [
            ("Physics 10B", ("Theo",)),
            ("Chemistry", ()),
            ("Chemistry", ()),
        ]
        assert [each.substitutes for each in lessons_of(tess, MONDAY, MONDAY + timedelta(weeks=1))] == [("Theo",), ()]

    def test_the_next_one_is_not_a_cancelled_one(self, riverside, physics, tess, theo):
        make_slot(physics)
        make_day_off(riverside)
        assert read_agenda(tess, date(2026, 2, 25), [physics]).ahead.slot_day == MONDAY + timedelta(weeks=1)
        assert read_agenda(theo, date(2026, 2, 25), []).ahead is None

    def test_the_next_one_of_somebody_who_only_takes_lessons_is_found_weeks_ahead(self, physics, tess, theo):
        make_slot(physics)
        first, last = MONDAY + timedelta(weeks=2), MONDAY + timedelta(weeks=3)
        course_assign_substitute(course=physics, teacher=theo, first_day=first, last_day=last, by=tess.user)
        agenda = read_agenda(theo, MONDAY - timedelta(days=2), [])
        assert (agenda.ahead.slot_day, agenda.taken) == (first, ())


@pytest.mark.django_db(transaction=True)
def test_opened_and_cancelled_at_once_it_is_one_of_both(physics, tess):
    session = lesson_of(slot=make_slot(physics), day=MONDAY)
    results = at_once(
        lambda: session_open(session=session, by=tess.user),
        lambda: lesson_cancel(session=session, reason="", by=tess.user),
    )
    refused = [result for result in results if isinstance(result, Exception)]
    session.refresh_from_db()
    assert [type(error) for error in refused] == [LessonBegun if session.is_open else LessonCancelled]
    assert session.state in ("open", "cancelled")


@pytest.mark.django_db(transaction=True)
def test_two_people_put_the_same_lesson_in_place(physics):
    slot = make_slot(physics)
    results = at_once(*[lambda: lesson_of(slot=slot, day=MONDAY)] * 3)
    assert len({result.pk for result in results}) == ClassSession.objects.count() == 1
