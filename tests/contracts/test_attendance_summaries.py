"""One contract for what a store keeps of closed sessions and of days."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from attendance.domain.marks import Closing, DayTally
from attendance.repositories import marks_for
from tests.contracts.conftest import FIRST_LESSON, at_once, races
from tests.contracts.marks import A, D, E, L, P, mark_of

DAY = date(2026, 3, 2)
CLOSED_AT = datetime(2026, 3, 2, 9, 51, 7, 123456, tzinfo=UTC)
LATER = timedelta(minutes=10)


@pytest.fixture
def store(backend, here):
    return marks_for(here.institution)


@pytest.fixture
def other_store(backend, there):
    return marks_for(there.institution)


def closing_of(session, counts, *, day=DAY, closed_at=CLOSED_AT):
    return Closing(
        session_id=session.pk,
        course_id=session.course_id,
        day=day,
        counts=counts,
        closed_at=closed_at,
        held_at=session.starts_at,
    )


class TestSummaries:
    def test_a_day_without_lessons(self, store):
        assert store.day_tally(DAY) == DayTally(sessions=0, counts={})

    def test_a_closing_counts_on_its_day(self, store, lesson):
        store.close_session(closing_of(lesson, {P: 20, L: 3, A: 4, E: 2, D: 1}))
        assert store.day_tally(DAY) == DayTally(sessions=1, counts={P: 20, L: 3, A: 4, E: 2, D: 1})
        assert store.day_tally(DAY + timedelta(days=1)) == DayTally(sessions=0, counts={})

    def test_zeros_are_not_named(self, store, lesson):
        store.close_session(closing_of(lesson, {P: 2, A: 0}))
        assert store.day_tally(DAY).counts == {P: 2}

    def test_a_register_of_nobody_counts_as_a_session(self, store, lesson):
        store.close_session(closing_of(lesson, {}))
        assert store.day_tally(DAY) == DayTally(sessions=1, counts={})

    def test_repeating_changes_nothing(self, store, lesson):
        for _ in range(3):
            store.close_session(closing_of(lesson, {P: 2, A: 1}))
        assert store.day_tally(DAY) == DayTally(sessions=1, counts={P: 2, A: 1})

    def test_the_lessons_of_a_day_add_up(self, store, here):
        """Twenty of them: more than the counters have shards."""
        for n in range(20):
            store.close_session(closing_of(here.lesson(FIRST_LESSON + timedelta(minutes=n)), {P: n, L: 1}))
        assert store.day_tally(DAY) == DayTally(sessions=20, counts={P: 190, L: 20})

    def test_reopened_corrected_and_closed_again(self, store, lesson):
        store.close_session(closing_of(lesson, {P: 2, A: 3}))
        store.close_session(closing_of(lesson, {P: 4, E: 1}, closed_at=CLOSED_AT + LATER))
        assert store.day_tally(DAY) == DayTally(sessions=1, counts={P: 4, E: 1})
        store.close_session(closing_of(lesson, {P: 4, E: 1}, closed_at=CLOSED_AT + 2 * LATER))
        assert store.day_tally(DAY) == DayTally(sessions=1, counts={P: 4, E: 1})

    def test_an_older_closing_that_comes_late_changes_nothing(self, store, lesson):
        store.close_session(closing_of(lesson, {P: 4}, closed_at=CLOSED_AT + LATER))
        store.close_session(closing_of(lesson, {P: 2, A: 2}))
        assert store.day_tally(DAY) == DayTally(sessions=1, counts={P: 4})

    def test_a_lesson_that_was_moved_counts_on_its_new_day_alone(self, store, here, lesson):
        other = here.lesson(FIRST_LESSON + timedelta(hours=1))
        store.close_session(closing_of(lesson, {P: 3}))
        store.close_session(closing_of(other, {P: 5}))
        moved = DAY + timedelta(days=7)
        store.close_session(closing_of(lesson, {P: 2, L: 1}, day=moved, closed_at=CLOSED_AT + LATER))
        assert store.day_tally(DAY) == DayTally(sessions=1, counts={P: 5})
        assert store.day_tally(moved) == DayTally(sessions=1, counts={P: 2, L: 1})

    def test_the_day_is_the_school_s_own(self, store, lesson):
        """Whatever the day in UTC: the store takes the one that it is given."""
        store.close_session(closing_of(lesson, {P: 1}, day=date(2026, 3, 3)))
        assert store.day_tally(date(2026, 3, 3)).sessions == 1
        assert store.day_tally(DAY).sessions == 0

    def test_a_summary_is_no_mark(self, store, here, lesson):
        store.mark_many([mark_of(lesson, here.students[0])])
        store.close_session(closing_of(lesson, {P: 1}))
        assert set(store.for_session(lesson.pk)) == {here.students[0]}
        assert len(store.for_course(lesson.course_id, first=DAY, last=DAY)) == 1
        assert store.audit(lesson.pk, uuid4()) == []

    def test_a_purge_leaves_the_counts_which_name_nobody(self, store, here, lesson):
        store.mark_many([mark_of(lesson, here.students[0])])
        store.close_session(closing_of(lesson, {P: 1}))
        store.purge_student(here.students[0])
        assert store.day_tally(DAY) == DayTally(sessions=1, counts={P: 1})

    def test_a_day_that_is_purged_is_empty_and_the_others_stay(self, store, other_store, here):
        days = [DAY, DAY + timedelta(days=1)]
        for day in days:
            store.close_session(closing_of(here.lesson(), {P: 1}, day=day))
        other_store.purge_summaries(here.courses, [DAY])
        assert [store.day_tally(day).sessions for day in days] == [1, 1]
        store.purge_summaries(here.courses, [DAY])
        assert [store.day_tally(day).sessions for day in days] == [0, 1]

    def test_another_institution_s_day_is_another(self, store, other_store, lesson):
        """Even where it names the same session."""
        store.close_session(closing_of(lesson, {P: 3}))
        assert other_store.day_tally(DAY) == DayTally(sessions=0, counts={})
        other_store.close_session(closing_of(lesson, {A: 9}, closed_at=CLOSED_AT + LATER))
        assert store.day_tally(DAY) == DayTally(sessions=1, counts={P: 3})
        assert other_store.day_tally(DAY) == DayTally(sessions=1, counts={A: 9})

    @races
    def test_the_same_closing_by_several_at_once(self, store, lesson):
        results = at_once(*[lambda: store.close_session(closing_of(lesson, {P: 2, A: 1}))] * 4)
        assert results == [None] * 4
        assert store.day_tally(DAY) == DayTally(sessions=1, counts={P: 2, A: 1})

    @races
    def test_different_closings_of_a_session_at_once(self, store, lesson):
        """The latest one stands, and the day says what it says."""
        closings = [closing_of(lesson, {P: n, L: 1}, closed_at=CLOSED_AT + n * LATER) for n in range(1, 5)]
        results = at_once(*[lambda closing=closing: store.close_session(closing) for closing in closings])
        assert results == [None] * 4
        assert store.day_tally(DAY) == DayTally(sessions=1, counts={P: 4, L: 1})

    @races
    def test_a_bell_that_closes_many(self, store, here):
        lessons = [here.lesson(FIRST_LESSON + timedelta(minutes=n)) for n in range(12)]
        results = at_once(*[lambda one=one: store.close_session(closing_of(one, {P: 2, A: 1})) for one in lessons])
        assert results == [None] * 12
        assert store.day_tally(DAY) == DayTally(sessions=12, counts={P: 24, A: 12})
