"""Writes of marks to DynamoDB whose answer was lost, or that meet what another wrote meanwhile; on moto, by one thread.

`test_dynamodb_faults.py` has the same with answers that are lost on a real socket.
"""

from uuid import UUID

import pytest
from boto3.dynamodb.conditions import Key

from attendance.domain.marks import DayTally
from attendance.domain.statuses import Source
from attendance.repositories.base import MarkChanged
from attendance.repositories.dynamodb import DynamoAttendanceRepository
from attendance.repositories.dynamodb_items import SHARD, instant, student_range
from attendance.repositories.dynamodb_summaries import SHARDS
from attendance.repositories.dynamodb_writes import Known
from tests.contracts.conftest import FIRST_LESSON
from tests.contracts.marks import A, L, P, by_hand, mark_of
from tests.contracts.test_attendance_summaries import DAY, closing_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def store(stores_on_moto, here):
    return DynamoAttendanceRepository(here.institution)


@pytest.fixture
def calls(store):
    with store._calls() as calls:
        yield calls


@pytest.fixture
def student(here):
    return here.students[0]


@pytest.fixture
def key(store, lesson, student):
    return store._keys.mark(lesson.pk, student)


def versions(store, lesson, student):
    return [mark.version for mark in store.audit(lesson.pk, student)]


class TestTheSameWriteTwice:
    """Its answer was lost, and it is sent again: it meets what it has itself written."""

    def test_a_first_mark(self, store, calls, lesson, student, person):
        writer, mark = store._writer(calls), by_hand(lesson, student, person)
        assert writer.correct(mark, None) == writer.correct(mark, None)
        assert versions(store, lesson, student) == [1]

    def test_a_correction(self, store, calls, lesson, student, person, key):
        store.mark_many([mark_of(lesson, student)])
        held, writer, mark = calls.get(key), store._writer(calls), by_hand(lesson, student, person)
        assert writer.correct(mark, held) == writer.correct(mark, held)
        assert versions(store, lesson, student) == [1, 2]

    def test_another_writer_s_is_not_taken_for_it(self, store, calls, lesson, student, person):
        store._writer(calls).correct(by_hand(lesson, student, person, P), None)
        with pytest.raises(MarkChanged) as changed:
            store._writer(calls).correct(by_hand(lesson, student, person, A), None)
        assert changed.value.current.status == P


class TestWhatCameBetween:
    def test_a_correction_of_what_was_corrected_meanwhile(self, store, calls, lesson, student, person, key):
        store.mark_many([mark_of(lesson, student)])
        held = calls.get(key)
        store.correct(by_hand(lesson, student, person, A), expected_version=1)
        with pytest.raises(MarkChanged) as changed:
            store._writer(calls).correct(by_hand(lesson, student, person, L), held)
        assert (changed.value.current.status, changed.value.current.version) == (A, 2)
        assert versions(store, lesson, student) == [1, 2]

    def test_a_correction_of_what_was_erased_meanwhile(self, store, calls, lesson, student, person, key):
        store.mark_many([mark_of(lesson, student)])
        held = calls.get(key)
        store.purge_student(student)
        with pytest.raises(MarkChanged) as changed:
            store._writer(calls).correct(by_hand(lesson, student, person), held)
        assert changed.value.current is None
        assert versions(store, lesson, student) == []

    def test_a_correction_of_what_was_erased_and_marked_again(self, store, calls, lesson, student, person, key):
        """The version is the same one: its writer is not."""
        store.mark_many([mark_of(lesson, student)])
        held = calls.get(key)
        store.purge_student(student)
        store.correct(by_hand(lesson, student, person, L), expected_version=0)
        with pytest.raises(MarkChanged) as changed:
            store._writer(calls).correct(by_hand(lesson, student, person), held)
        assert changed.value.current.status == L

    def test_a_machine_s_mark_meets_an_erasure(self, store, calls, lesson, student, key):
        store.mark_many([mark_of(lesson, student, A, source=Source.CLOSE)])
        held = calls.get(key)
        store.purge_student(student)
        placed = store._writer(calls).place(mark_of(lesson, student), held)
        assert (placed.status, placed.version) == (P, 1)

    def test_a_machine_s_mark_meets_a_person_s(self, store, calls, lesson, student, person):
        store.correct(by_hand(lesson, student, person), expected_version=0)
        assert store._writer(calls).place(mark_of(lesson, student), None) is None
        assert versions(store, lesson, student) == [1]


def test_keys_that_were_written_are_forgotten_when_they_are_many():
    known = Known(most=2)
    for n in range(2):
        known.add(("marks", f"{n}"))
    assert all(("marks", f"{n}") in known for n in range(2))
    known.add(("marks", "2"))
    assert [("marks", f"{n}") in known for n in range(3)] == [False, False, True]


def test_the_closings_of_a_day_are_counted_in_several_places(store, calls, here):
    """So that those of one bell do not wait for each other."""
    for _ in range(2 * SHARDS):
        store.close_session(closing_of(here.lesson(), {P: 1}))
    found = calls.query(Key("pk").eq(store._keys.day(DAY)) & Key("sk").begins_with(SHARD))
    assert 1 < len(list(found)) <= SHARDS
    assert store.day_tally(DAY) == DayTally(sessions=2 * SHARDS, counts={P: 2 * SHARDS})


def test_a_page_goes_on_right_below_the_last_lesson_of_the_one_before():
    _lower, upper = student_range(after=None, before=(FIRST_LESSON, UUID(int=16)))
    assert upper == f"{instant(FIRST_LESSON)}#{UUID(int=15)}"
    assert student_range(after=None, before=(FIRST_LESSON, UUID(int=0)))[1] == instant(FIRST_LESSON)
