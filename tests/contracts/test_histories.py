"""One contract for every store: histories of marks are read whole, and written as they were."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from attendance.domain.marks import Closing, Evidence, Mark
from attendance.domain.statuses import Source, Status
from attendance.repositories import marks_for
from attendance.repositories.histories import mark_texts
from tests.contracts.conftest import FIRST_LESSON


@pytest.fixture
def store(backend, here):
    return marks_for(here.institution)


@pytest.fixture
def other_store(backend, there):
    return marks_for(there.institution)


def mark(session, student, *, status=Status.PRESENT, source=Source.HAND, **fields):
    return Mark(
        session.pk, session.course_id, student, session.starts_at, status, source,
        marked_at=FIRST_LESSON + timedelta(minutes=3), **fields,
    )  # fmt: skip


def history(session, student, length):
    """Versions with everything that a mark can say."""
    why = Evidence(uuid4(), 2, 0.1 + 0.2, 0.363, "local", "sface+lightcnn")
    first = mark(session, student, source=Source.PHOTO, evidence=why, version=1)
    late = {"minutes_late": 7, "note": "bus | late", "code": "LB", "actor_id": uuid4()}
    rest = [mark(session, student, status=Status.LATE, version=n, **late) for n in range(2, length + 1)]
    return (first, *rest)


def texts(histories):
    return {student: mark_texts(each) for student, each in histories.items()}


def test_are_read_as_the_audit_tells_them(store, here, lesson, person):
    sam, sita, _third = here.students
    store.mark_many([mark(lesson, sam, source=Source.PHOTO), mark(lesson, sita, source=Source.PHOTO)])
    store.correct(mark(lesson, sam, status=Status.ABSENT, actor_id=person), expected_version=1)
    found = store.histories(lesson.pk)
    assert texts(found) == texts({pk: store.audit(lesson.pk, pk) for pk in (sam, sita)})
    assert [each.version for each in found[sam]] == [1, 2]


def test_are_written_as_they_were_and_once(store, here, lesson):
    sam, sita, _third = here.students
    told = {sam: history(lesson, sam, 3), sita: history(lesson, sita, 1)}
    assert store.keep_histories(lesson.pk, told) == 2
    assert store.keep_histories(lesson.pk, told) == 0
    assert texts(store.histories(lesson.pk)) == texts(told)
    assert [each.version for each in store.audit(lesson.pk, sam)] == [1, 2, 3]
    assert store.for_session(lesson.pk)[sam].minutes_late == 7
    assert [each.session_id for each in store.for_course(lesson.course_id, first=FIRST_LESSON.date(), last=FIRST_LESSON.date())] == [lesson.pk] * 2  # fmt: skip  # noqa: E501
    assert store.purge_student(sam) == 1
    assert store.count_student(sam) == 0


def test_what_went_on_meanwhile_stays(store, here, lesson, person):
    sam = here.students[0]
    first = history(lesson, sam, 1)
    store.keep_histories(lesson.pk, {sam: first})
    store.correct(mark(lesson, sam, status=Status.ABSENT, actor_id=person), expected_version=1)
    assert store.keep_histories(lesson.pk, {sam: first}) == 0
    assert store.for_session(lesson.pk)[sam].status is Status.ABSENT


def test_what_differs_is_replaced_and_what_is_no_more_removed(store, here, lesson):
    sam, sita, _third = here.students
    store.keep_histories(lesson.pk, {sam: history(lesson, sam, 4), sita: history(lesson, sita, 2)})
    other = history(lesson, sam, 2)
    assert store.keep_histories(lesson.pk, {sam: other, sita: ()}) == 2
    assert texts(store.histories(lesson.pk)) == texts({sam: other})
    assert store.count_student(sita) == 0
    assert len(store.audit(lesson.pk, sam)) == 2


def test_many_in_one_call(store, here, lesson):
    """More than a transaction takes of a store: histories of three students, sixty versions each."""
    told = {student: history(lesson, student, 60) for student in here.students}
    store.keep_histories(lesson.pk, told)
    assert texts(store.histories(lesson.pk)) == texts(told)


def test_another_school_sees_and_writes_nothing(store, other_store, here, lesson):
    sam = here.students[0]
    store.keep_histories(lesson.pk, {sam: history(lesson, sam, 2)})
    assert other_store.histories(lesson.pk) == {}
    assert other_store.closing(lesson.pk) is None
    other_store.keep_histories(lesson.pk, {sam: ()})
    assert len(store.histories(lesson.pk)[sam]) == 2


def test_a_closing_is_read_back(store, here, lesson):
    assert store.closing(lesson.pk) is None
    sam = here.students[0]
    store.keep_histories(lesson.pk, {sam: history(lesson, sam, 1)})
    told = Closing(
        session_id=lesson.pk, course_id=lesson.course_id, day=FIRST_LESSON.date(),
        counts={Status.PRESENT: 1, Status.ABSENT: 2}, closed_at=datetime(2026, 3, 2, 10, tzinfo=UTC),
        held_at=lesson.starts_at, marks=store.for_session(lesson.pk),
    )  # fmt: skip
    store.close_session(told)
    assert store.closing(lesson.pk) == replace(told, marks=store.for_session(lesson.pk))
