"""Opening, closing and reopening registers."""

from datetime import timedelta

import pytest
from django.utils import timezone

from attendance.domain.marks import DayTally
from attendance.domain.statuses import Source, Status
from attendance.errors import SessionClosed, SessionNotOpen
from attendance.lessons.selectors import roster_ids
from attendance.models import ClassSession, RosterEntry
from attendance.register.errors import CourseWithoutStudents
from attendance.register.sessions import (
    ADHOC_LENGTH,
    session_close,
    session_finish_closing,
    session_open,
    session_reopen,
    session_start_adhoc,
)
from attendance.repositories import marks_for
from attendance.upkeep import closings_resume
from enrollment.models import Course, Enrollment
from tests.attendance.byhand import mark_set
from tests.conftest import make_student
from tests.contracts.conftest import at_once
from tests.engines import face

State = ClassSession.State


def marks(session):
    return marks_for(session.institution).for_session(session.pk)


def tally(session):
    return marks_for(session.institution).day_tally(session.local_date)


def test_opening_takes_down_who_is_on_the_roster(lesson, tess, sam, sita, riverside, physics):
    session = session_open(session=lesson, by=tess.user)
    assert (session.state, session.opened_by) == (State.OPEN, tess.user)
    assert roster_ids(session) == {sam.pk, sita.pk}
    late_comer = make_student(riverside, "Late Comer", "R-009")
    Enrollment.objects.create(institution=riverside, course=physics, student=late_comer)
    assert roster_ids(session) == {sam.pk, sita.pk}


def test_those_who_left_the_school_are_not_on_it(lesson, tess, sam, sita):
    sita.is_active = False
    sita.save()
    assert roster_ids(session_open(session=lesson, by=tess.user)) == {sam.pk}


def test_opening_twice_changes_nothing(lesson, tess, ada):
    first = session_open(session=lesson, by=tess.user)
    again = session_open(session=lesson, by=ada.user)
    assert (again.opened_by, again.opened_at) == (tess.user, first.opened_at)
    assert RosterEntry.objects.filter(session=lesson).count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_teachers_open_at_once(lesson, tess, ada):
    results = at_once(*[lambda by=by: session_open(session=lesson, by=by.user) for by in (tess, ada)])
    assert [result.state for result in results] == [State.OPEN, State.OPEN]
    assert results[0].opened_by_id == results[1].opened_by_id
    assert RosterEntry.objects.filter(session=lesson).count() == 2


def test_a_closed_register_is_not_opened_but_reopened(register, tess):
    session_close(session=register, by=tess.user)
    with pytest.raises(SessionClosed) as refused:
        session_open(session=register, by=tess.user)
    assert refused.value.code == "session_closed"


@pytest.mark.parametrize("verb", [session_close, session_reopen])
def test_what_was_never_opened_is_neither_closed_nor_reopened(lesson, tess, verb):
    with pytest.raises(SessionNotOpen) as refused:
        verb(session=lesson, by=tess.user)
    assert refused.value.code == "session_not_open"


def test_closing_writes_the_rest_absent(register, tess, sam, sita):
    mark_set(session=register, student_id=sam.pk, status=Status.PRESENT, by=tess.user, expected_version=0)
    session = session_close(session=register, by=tess.user)
    assert (session.state, session.closed_by) == (State.CLOSED, tess.user)
    found = marks(session)
    assert (found[sam.pk].status, found[sam.pk].source) == (Status.PRESENT, Source.HAND)
    assert (found[sita.pk].status, found[sita.pk].source, found[sita.pk].actor_id) == (
        Status.ABSENT, Source.CLOSE, tess.user.pk,
    )  # fmt: skip


def test_closing_twice_changes_nothing(register, tess, ada, sita):
    session_close(session=register, by=tess.user)
    again = session_close(session=register, by=ada.user)
    assert again.closed_by == tess.user
    assert marks(register)[sita.pk].version == 1


def test_closing_goes_on_after_a_crash(register, tess, sam, sita, monkeypatch):
    with monkeypatch.context() as crash:
        crash.setattr("attendance.register.sessions.session_finish_closing", _die)
        with pytest.raises(Crash):
            session_close(session=register, by=tess.user)
    register.refresh_from_db()
    assert register.state == State.CLOSING
    assert closings_resume() == 0  # it may still be at work
    ClassSession.objects.filter(pk=register.pk).update(closed_at=timezone.now() - timedelta(minutes=1))
    assert closings_resume() == 1
    assert closings_resume() == 0
    register.refresh_from_db()
    assert register.state == State.CLOSED
    assert {mark.version for mark in marks(register).values()} == {1}


def test_closing_goes_on_after_a_crash_between_absences_and_the_end(register, tess, sam, sita, monkeypatch):
    with monkeypatch.context() as crash:
        crash.setattr(ClassSession, "refresh_from_db", _die)
        with pytest.raises(Crash):
            session_close(session=register, by=tess.user)
    ClassSession.objects.filter(pk=register.pk).update(state=State.CLOSING)
    session = session_close(session=register, by=tess.user)
    assert session.state == State.CLOSED
    assert {mark.version for mark in marks(session).values()} == {1}


def test_closing_counts_on_the_day(register, tess, sam, sita):
    mark_set(session=register, student_id=sam.pk, status=Status.PRESENT, by=tess.user, expected_version=0)
    session_close(session=register, by=tess.user)
    assert tally(register) == DayTally(sessions=1, counts={Status.PRESENT: 1, Status.ABSENT: 1})
    session_close(session=register, by=tess.user)
    assert tally(register).sessions == 1


def test_a_register_closed_again_counts_as_corrected(register, tess, sam, sita):
    session_close(session=register, by=tess.user)
    session_reopen(session=register, by=tess.user)
    mark_set(session=register, student_id=sam.pk, status=Status.LATE, by=tess.user, expected_version=1)
    assert tally(register).counts == {Status.ABSENT: 2}  # as last closed
    session_close(session=register, by=tess.user)
    assert tally(register) == DayTally(sessions=1, counts={Status.LATE: 1, Status.ABSENT: 1})


def test_a_crash_before_the_summary_loses_no_count(register, tess, sam, sita, monkeypatch):
    with monkeypatch.context() as crash:
        crash.setattr("attendance.register.sessions.closing_of", _die)
        with pytest.raises(Crash):
            session_close(session=register, by=tess.user)
    assert tally(register).sessions == 0
    session_finish_closing(session=register)
    session_finish_closing(session=register)
    assert tally(register) == DayTally(sessions=1, counts={Status.ABSENT: 2})


def test_the_day_of_a_summary_is_the_school_s(register, tess, riverside):
    """Half past eleven at night in UTC is tomorrow in India."""
    riverside.time_zone = "Asia/Kolkata"
    riverside.save()
    register.starts_at = timezone.now().replace(hour=23, minute=30)
    register.ends_at = register.starts_at + timedelta(minutes=50)
    register.institution = riverside
    register.save()
    session_close(session=register, by=tess.user)
    tomorrow = register.starts_at.date() + timedelta(days=1)
    assert marks_for(riverside).day_tally(tomorrow).sessions == 1


def test_nothing_is_marked_while_closing(register, tess, sam):
    ClassSession.objects.filter(pk=register.pk).update(state=State.CLOSING, closed_at=timezone.now())
    with pytest.raises(SessionClosed):
        mark_set(session=register, student_id=sam.pk, status=Status.PRESENT, by=tess.user, expected_version=0)


def test_after_reopening_the_machine_finds_whom_closing_wrote_absent(script, register, take, tess, sam, sita):
    mark_set(session=register, student_id=sita.pk, status=Status.EXCUSED, by=tess.user, expected_version=0)
    session_close(session=register, by=tess.user)
    session = session_reopen(session=register, by=tess.user)
    assert (session.state, session.closed_by, session.closed_at) == (State.OPEN, None, None)
    script.sees(face((sam.pk, 0.9)), face((sita.pk, 0.9), at=1))
    take()
    found = marks(register)
    assert (found[sam.pk].status, found[sam.pk].version) == (Status.PRESENT, 2)
    assert (found[sita.pk].status, found[sita.pk].version) == (Status.EXCUSED, 1)


def test_reopening_twice_changes_nothing(register, tess):
    session_close(session=register, by=tess.user)
    session_reopen(session=register, by=tess.user)
    assert session_reopen(session=register, by=tess.user).is_open


def test_a_lesson_outside_the_timetable_begins_now(physics, tess, sam, sita):
    session = session_start_adhoc(course=physics, by=tess.user)
    assert session.is_open
    assert session.ends_at - session.starts_at == ADHOC_LENGTH
    assert roster_ids(session) == {sam.pk, sita.pk}
    assert session.local_date == timezone.localdate(timezone=physics.institution.zone)


def test_a_double_click_begins_one_lesson(physics, tess, ada):
    first = session_start_adhoc(course=physics, by=tess.user)
    assert session_start_adhoc(course=physics, by=tess.user).pk == first.pk
    assert session_start_adhoc(course=physics, by=ada.user).pk != first.pk


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_begin_one_lesson(physics, tess):
    results = at_once(*[lambda: session_start_adhoc(course=physics, by=tess.user)] * 2)
    assert results[0].pk == results[1].pk


def test_a_course_without_students_has_no_lesson(riverside, tess):
    empty = Course.objects.create(institution=riverside, code="ART", name="Art")
    gone = make_student(riverside, "Gone", "R-010")
    gone.is_active = False
    gone.save()
    Enrollment.objects.create(institution=riverside, course=empty, student=gone)
    with pytest.raises(CourseWithoutStudents) as refused:
        session_start_adhoc(course=empty, by=tess.user)
    assert refused.value.code == "empty_roster"


class Crash(BaseException):
    """The process dies here."""


def _die(*args, **kwargs):
    raise Crash
