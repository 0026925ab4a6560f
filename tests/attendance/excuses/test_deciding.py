"""Reasons for absences: what they cover, what the marks become, and what is taken back again."""

from datetime import timedelta

import pytest
from django.utils import timezone

from attendance.domain.statuses import Source, Status
from attendance.excuses.deciding import (
    excuse_accept,
    excuse_refuse,
    excuse_take_back,
    excuse_undecide,
    excuses_resume,
)
from attendance.excuses.errors import (
    AnswerNeeded,
    ExcuseDecided,
    ExcuseNotDecided,
    LessonsPastWindow,
    TooManyWaiting,
)
from attendance.excuses.giving import excuse_enter, excuse_withdraw
from attendance.models import ClassSession, Excuse, ExcusedMark, SessionSummary
from attendance.register.corrections import Correction, mark_correct
from attendance.register.explaining import explanations_of
from attendance.register.sessions import session_close, session_finish_closing, session_reopen
from attendance.repositories import marks_for
from attendance.repositories.base import StoreUnavailable
from enrollment.models import AccessRecord
from tests.attendance.byhand import mark_set

STATE = Excuse.State


def versions(session, student):
    return marks_for(session.institution).audit(session.pk, student.pk)


def mark_of(session, student):
    return versions(session, student)[-1]


# -- After the lesson --------------------------------------------------------------------------------------------------


def test_accepting_excuses_the_absence_by_a_correction_of_its_own(closed, give, sam, sita, tess):
    excuse = excuse_accept(excuse=give(), by=tess.user)
    mark = mark_of(closed, sam)
    assert (mark.status, mark.source, mark.actor_id) == (Status.EXCUSED, Source.HAND, tess.user.pk)
    assert (mark.note, mark.version) == ("Excused: illness", 2)
    assert mark_of(closed, sita).status is Status.ABSENT
    assert (excuse.state, excuse.decided_by, bool(excuse.applied_at)) == (STATE.ACCEPTED, tess.user, True)
    summary = SessionSummary.objects.get(session=closed)
    assert (summary.absent, summary.excused) == (1, 1)


def test_the_note_is_in_the_schools_language(closed, give, sam, ada, riverside):
    riverside.language = "de"
    riverside.save()
    excuse_accept(excuse=give(), by=ada.user)
    assert mark_of(closed, sam).note == "Entschuldigt: Krankheit"


def test_accepting_twice_writes_once(closed, give, sam, tess):
    excuse = give()
    for _ in range(2):
        excuse_accept(excuse=excuse, by=tess.user)
    assert len(versions(closed, sam)) == 2


@pytest.mark.parametrize("status", [Status.PRESENT, Status.LATE])
def test_who_was_there_stays_there(register, give, sam, tess, status):
    mark_set(session=register, student_id=sam.pk, status=status, by=tess.user, expected_version=0)
    session_close(session=register, by=tess.user)
    excuse_accept(excuse=give(), by=tess.user)
    assert mark_of(register, sam).status is status


@pytest.mark.parametrize("days", [(-2, -1), (1, 3)])
def test_other_days_are_not_covered(closed, give, sam, tess, days):
    excuse_accept(excuse=give(*days), by=tess.user)
    assert mark_of(closed, sam).status is Status.ABSENT


def test_another_lesson_is_not_covered_by_a_reason_for_one(closed, give, sam, tess, physics):
    other = ClassSession.objects.create(
        institution=closed.institution, course=physics, starts_at=closed.starts_at, ends_at=closed.ends_at
    )
    excuse_accept(excuse=give(session=other), by=tess.user)
    assert mark_of(closed, sam).status is Status.ABSENT
    excuse_accept(excuse=give(session=closed), by=tess.user)
    assert mark_of(closed, sam).status is Status.EXCUSED


@pytest.mark.parametrize(("begins", "ends", "is_excused"), [(-60, -5, False), (-60, 5, True), (60, 90, False)])
def test_hours_cover_the_lessons_they_touch(closed, give, sam, tess, riverside, begins, ends, is_excused):
    at = timezone.localtime(closed.starts_at, riverside.zone)
    hours = [(at + timedelta(minutes=n)) for n in (begins, ends)]
    if any(hour.date() != at.date() for hour in hours):
        pytest.skip("around midnight hours are of two days")
    excuse_accept(excuse=give(begins=hours[0].time(), ends=hours[1].time()), by=tess.user)
    assert (mark_of(closed, sam).status is Status.EXCUSED) == is_excused


def test_a_reason_of_the_offices_is_accepted_at_once(closed, reason, sam, ada, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        excuse = excuse_enter(student=sam, reason=reason(note=" Mother called "), by=ada.user)
    assert (excuse.state, excuse.giver, excuse.note) == (STATE.ACCEPTED, Excuse.Giver.SCHOOL, "Mother called")
    assert mark_of(closed, sam).status is Status.EXCUSED
    assert AccessRecord.objects.get(verb="excuse_decided").subject == sam.pk


# -- Before the lesson: planned ----------------------------------------------------------------------------------------


def test_closing_excuses_who_has_an_accepted_reason(register, give, sam, sita, tess):
    excuse_accept(excuse=give(), by=tess.user)
    session_close(session=register, by=tess.user)
    mark = mark_of(register, sam)
    assert (mark.status, mark.source, mark.version) == (Status.EXCUSED, Source.CLOSE, 1)
    assert mark.note == "Excused: illness"
    assert mark_of(register, sita).status is Status.ABSENT
    assert SessionSummary.objects.get(session=register).excused == 1


def test_closing_excuses_who_was_marked_absent_by_hand(register, give, sam, ada, tess):
    mark_set(session=register, student_id=sam.pk, status=Status.ABSENT, by=tess.user, expected_version=0)
    excuse_accept(excuse=give(), by=ada.user)
    session_close(session=register, by=tess.user)
    assert (mark_of(register, sam).status, mark_of(register, sam).actor_id) == (Status.EXCUSED, ada.user.pk)
    assert SessionSummary.objects.get(session=register).excused == 1


@pytest.mark.parametrize("decide", [None, excuse_refuse])
def test_closing_takes_no_notice_of_a_reason_that_is_not_accepted(register, give, sam, tess, decide):
    excuse = give()
    if decide:
        decide(excuse=excuse, by=tess.user, answer="Not a reason")
    session_close(session=register, by=tess.user)
    assert mark_of(register, sam).status is Status.ABSENT


def test_what_the_teacher_says_afterwards_stands(register, give, sam, tess):
    excuse = excuse_accept(excuse=give(), by=tess.user)
    session_close(session=register, by=tess.user)
    correction = Correction(Status.ABSENT, "He was seen at the bus stop")
    mark_correct(session=register, student_id=sam.pk, correction=correction, by=tess.user, expected_version=1)
    session_close(session=session_reopen(session=register, by=tess.user), by=tess.user)
    excuse_accept(excuse=excuse, by=tess.user)
    assert mark_of(register, sam).status is Status.ABSENT


def test_a_closing_that_was_cut_short_excuses_when_it_is_finished(register, give, sam, tess, monkeypatch):
    excuse_accept(excuse=give(), by=tess.user)
    store = type(marks_for(register.institution)._store)

    def away(store, marks):
        raise StoreUnavailable("unreachable", "Away.")

    with monkeypatch.context() as patch:
        patch.setattr(store, "mark_many", away)
        with pytest.raises(StoreUnavailable):
            session_close(session=register, by=tess.user)
    register.refresh_from_db()
    session_finish_closing(session=register)
    assert mark_of(register, sam).status is Status.EXCUSED
    assert ExcusedMark.objects.get().version == 1


# -- Deciding ----------------------------------------------------------------------------------------------------------


def test_refusing_needs_a_reason_and_changes_no_mark(closed, give, sam, tess):
    excuse = give()
    with pytest.raises(AnswerNeeded):
        excuse_refuse(excuse=excuse, by=tess.user, answer=" … ")
    excuse_refuse(excuse=excuse, by=tess.user, answer="No letter came")
    assert (excuse.state, excuse.answer) == (STATE.REFUSED, "No letter came")
    assert mark_of(closed, sam).version == 1


def test_a_decision_is_not_overwritten_by_another(closed, give, tess, ada):
    excuse = give()
    stale = Excuse.objects.select_related("institution").get(pk=excuse.pk)
    excuse_refuse(excuse=excuse, by=tess.user, answer="No letter came")
    with pytest.raises(ExcuseDecided):
        excuse_accept(excuse=stale, by=ada.user)
    with pytest.raises(ExcuseDecided):
        excuse_withdraw(excuse=stale)


def test_undo_restores_the_marks_and_asks_again(closed, give, sam, tess):
    excuse = excuse_accept(excuse=give(), by=tess.user)
    excuse_undecide(excuse=excuse, by=tess.user)
    assert [mark.status for mark in versions(closed, sam)] == [Status.ABSENT, Status.EXCUSED, Status.ABSENT]
    assert (excuse.state, excuse.decided_at, ExcusedMark.objects.count()) == (STATE.WAITING, None, 0)
    excuse_accept(excuse=excuse, by=tess.user)
    assert mark_of(closed, sam).status is Status.EXCUSED


def test_undo_leaves_a_mark_that_was_changed_since(closed, give, sam, tess):
    excuse = excuse_accept(excuse=give(), by=tess.user)
    seen = Correction(Status.PRESENT, "He sat at the back")
    mark_correct(session=closed, student_id=sam.pk, correction=seen, by=tess.user, expected_version=2)
    excuse_undecide(excuse=excuse, by=tess.user)
    assert mark_of(closed, sam).status is Status.PRESENT


def test_what_is_not_decided_is_not_undone(give, tess):
    with pytest.raises(ExcuseNotDecided):
        excuse_undecide(excuse=give(), by=tess.user)


def test_after_the_days_for_corrections_the_office_alone_decides(closed, give, sam, tess, ada, riverside):
    riverside.edit_days = 7
    riverside.save()
    ago = timedelta(days=20)
    ClassSession.objects.filter(pk=closed.pk).update(
        local_date=closed.local_date - ago, starts_at=closed.starts_at - ago, ends_at=closed.ends_at - ago
    )
    excuse = give(-21, -19)
    with pytest.raises(LessonsPastWindow):
        excuse_accept(excuse=excuse, by=tess.user)
    excuse_accept(excuse=excuse, by=ada.user)
    assert mark_of(closed, sam).status is Status.EXCUSED


def test_one_student_cannot_fill_the_list(give, monkeypatch):
    monkeypatch.setattr("attendance.excuses.giving.MOST_WAITING", 2)
    give(), give()
    with pytest.raises(TooManyWaiting):
        give()


# -- Crashes -----------------------------------------------------------------------------------------------------------


def test_marks_follow_a_decision_after_an_outage(closed, give, sam, tess, monkeypatch):
    store = type(marks_for(closed.institution)._store)

    def away(store, *args, **kwargs):
        raise StoreUnavailable("unreachable", "Away.")

    excuse = give()
    with monkeypatch.context() as patch:
        patch.setattr(store, "correct", away)
        with pytest.raises(StoreUnavailable):
            excuse_accept(excuse=excuse, by=tess.user)
    assert mark_of(closed, sam).status is Status.ABSENT
    assert excuses_resume() == 1
    assert mark_of(closed, sam).status is Status.EXCUSED
    assert excuses_resume() == 0


def test_a_register_that_is_being_closed_is_looked_at_again(closed, give, sam, tess):
    ClassSession.objects.filter(pk=closed.pk).update(state=ClassSession.State.CLOSING)
    excuse = excuse_accept(excuse=give(), by=tess.user)
    assert (mark_of(closed, sam).status, excuse.applied_at) == (Status.ABSENT, None)
    ClassSession.objects.filter(pk=closed.pk).update(state=ClassSession.State.CLOSED)
    assert excuses_resume() == 1


def test_a_mark_is_restored_once_its_register_is_closed_again(closed, give, sam, tess):
    excuse = excuse_accept(excuse=give(), by=tess.user)
    session_reopen(session=closed, by=tess.user)
    excuse_undecide(excuse=excuse, by=tess.user)
    assert (mark_of(closed, sam).status, ExcusedMark.objects.count()) == (Status.EXCUSED, 1)
    session_close(session=closed, by=tess.user)
    assert excuses_resume() == 1
    assert mark_of(closed, sam).status is Status.ABSENT
    assert excuse_take_back(excuse=excuse) == 0


# -- Explained ---------------------------------------------------------------------------------------------------------


def explained(session, student):
    day = session.local_date
    return explanations_of(session.institution, first=day, last=day).of(student.pk, session)


def test_an_absence_is_explained_while_its_reason_is_not_refused(closed, give, sam, sita, tess):
    assert explained(closed, sam) is None
    excuse = give()
    assert explained(closed, sam) == excuse
    assert explained(closed, sita) is None
    excuse_refuse(excuse=excuse, by=tess.user, answer="No letter came")
    assert explained(closed, sam) is None


def test_an_accepted_reason_explains_before_one_that_waits(closed, give, sam, tess):
    accepted = excuse_accept(excuse=give(), by=tess.user)
    give(kind=Excuse.Kind.FAMILY)
    assert explained(closed, sam) == accepted


def test_explanations_are_of_one_school_and_one_query(closed, give, hilltop, django_assert_num_queries, sam):
    give(), give()
    school = closed.institution
    with django_assert_num_queries(1):
        found = explanations_of(school, first=closed.local_date, last=closed.local_date)
        assert found.of(sam.pk, closed) is not None
    assert explanations_of(hilltop, first=closed.local_date, last=closed.local_date).of(sam.pk, closed) is None
