"""Objections to marks: sent once, decided once, everything in the mark's history."""

import pytest

from attendance.disputes.disputing import (
    dispute_correct,
    dispute_keep,
    dispute_send,
    dispute_undecide,
    dispute_withdraw,
)
from attendance.disputes.errors import (
    AlreadyDisputed,
    DisputeDecided,
    DisputeNotDecided,
    NothingToDispute,
    RegisterStillOpen,
)
from attendance.domain.statuses import Status
from attendance.excuses.errors import AnswerNeeded
from attendance.models import Dispute
from attendance.register.corrections import Correction, mark_correct
from attendance.register.errors import EditWindowOver, MarkConflict
from attendance.repositories import marks_for
from enrollment.models import AccessRecord
from tests.attendance.byhand import mark_set
from tests.attendance.register.test_corrections import days_later

STATE = Dispute.State


def versions(session, student):
    return marks_for(session.institution).audit(session.pk, student.pk)


def test_an_objection_keeps_what_was_disputed(dispute, closed):
    assert (dispute.status, dispute.version, dispute.note) == ("A", 1, "I sat at the back")
    assert (dispute.state, dispute.giver) == (STATE.WAITING, Dispute.Giver.STUDENT)
    assert len(versions(closed, dispute.student)) == 1


def test_one_mark_has_one_objection_at_a_time(dispute, closed, sam, tess):
    with pytest.raises(AlreadyDisputed):
        dispute_send(student=sam, session=closed, note="Again", by=sam.user)
    dispute_keep(dispute=dispute, by=tess.user, answer="I called your name")
    assert dispute_send(student=sam, session=closed, note="Again", by=sam.user).is_waiting


def test_an_open_register_is_told_to_the_teacher_instead(register, sam, tess):
    with pytest.raises(NothingToDispute):
        dispute_send(student=sam, session=register, note="Here", by=sam.user)
    mark_set(session=register, student_id=sam.pk, status=Status.ABSENT, by=tess.user, expected_version=0)
    with pytest.raises(RegisterStillOpen):
        dispute_send(student=sam, session=register, note="Here", by=sam.user)


@pytest.mark.parametrize("status", [Status.PRESENT, Status.LATE])
def test_granting_corrects_the_mark(dispute, closed, sam, tess, status, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        dispute_correct(dispute=dispute, status=status, by=tess.user, expected_version=1)
    mark = versions(closed, sam)[-1]
    assert (mark.status, mark.actor_id, mark.note) == (status, tess.user.pk, "Corrected after the student disputed it")
    assert (dispute.state, dispute.written_version, dispute.decided_by) == (STATE.CORRECTED, 2, tess.user)
    assert AccessRecord.objects.get(verb="dispute_decided").subject == sam.pk


def test_keeping_needs_a_reason_and_leaves_the_mark(dispute, closed, sam, tess):
    with pytest.raises(AnswerNeeded):
        dispute_keep(dispute=dispute, by=tess.user, answer="  ")
    dispute_keep(dispute=dispute, by=tess.user, answer="I called your name")
    assert (dispute.state, dispute.answer) == (STATE.KEPT, "I called your name")
    assert len(versions(closed, sam)) == 1


def test_it_is_decided_once(dispute, closed, sam, tess, ada):
    stale = Dispute.objects.select_related("institution", "session__institution").get(pk=dispute.pk)
    dispute_keep(dispute=dispute, by=tess.user, answer="I called your name")
    with pytest.raises(DisputeDecided):
        dispute_correct(dispute=stale, status=Status.PRESENT, by=ada.user, expected_version=1)
    with pytest.raises(DisputeDecided):
        dispute_withdraw(dispute=stale)
    assert len(versions(closed, sam)) == 1


def test_a_mark_that_was_changed_meanwhile_is_looked_at_first(dispute, closed, sam, tess):
    late = Correction(Status.LATE, "He came later")
    mark_correct(session=closed, student_id=sam.pk, correction=late, by=tess.user, expected_version=1)
    with pytest.raises(MarkConflict):
        dispute_correct(dispute=dispute, status=Status.PRESENT, by=tess.user, expected_version=1)
    assert Dispute.objects.get().is_waiting


def test_undo_restores_the_mark_and_asks_again(dispute, closed, sam, tess):
    dispute_correct(dispute=dispute, status=Status.PRESENT, by=tess.user, expected_version=1)
    dispute_undecide(dispute=dispute, by=tess.user)
    assert [mark.status for mark in versions(closed, sam)] == [Status.ABSENT, Status.PRESENT, Status.ABSENT]
    assert dispute.is_waiting
    with pytest.raises(DisputeNotDecided):
        dispute_undecide(dispute=dispute, by=tess.user)


def test_undo_of_keeping_changes_no_mark(dispute, closed, sam, tess):
    dispute_keep(dispute=dispute, by=tess.user, answer="I called your name")
    dispute_undecide(dispute=dispute, by=tess.user)
    assert (dispute.is_waiting, dispute.answer, len(versions(closed, sam))) == (True, "", 1)


def test_undo_does_not_overwrite_a_later_correction(dispute, closed, sam, tess):
    dispute_correct(dispute=dispute, status=Status.PRESENT, by=tess.user, expected_version=1)
    late = Correction(Status.LATE, "He came later")
    mark_correct(session=closed, student_id=sam.pk, correction=late, by=tess.user, expected_version=2)
    with pytest.raises(MarkConflict):
        dispute_undecide(dispute=dispute, by=tess.user)
    assert Dispute.objects.get().state == STATE.CORRECTED


def test_after_the_days_for_corrections_the_office_alone_decides(dispute, closed, tess, ada):
    dispute.session = days_later(closed, 8, 7)
    with pytest.raises(EditWindowOver):
        dispute_keep(dispute=dispute, by=tess.user, answer="I called your name")
    with pytest.raises(EditWindowOver):
        dispute_correct(dispute=dispute, status=Status.PRESENT, by=tess.user, expected_version=1)
    dispute_correct(dispute=dispute, status=Status.PRESENT, by=ada.user, expected_version=1)
    assert dispute.state == STATE.CORRECTED


def test_taking_it_back_leaves_the_mark(dispute, closed, sam):
    for _ in range(2):
        dispute_withdraw(dispute=dispute)
    assert (dispute.state, len(versions(closed, sam))) == (STATE.WITHDRAWN, 1)
