"""Objections to single marks: sent by a student or guardian, decided by the lesson's teacher or the office."""

from contextlib import suppress

from django.db import IntegrityError, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import User
from attendance.disputes.errors import (
    AlreadyDisputed,
    DisputeDecided,
    DisputeNotDecided,
    NothingToDispute,
    RegisterStillOpen,
)
from attendance.domain.marks import Mark
from attendance.domain.statuses import Status
from attendance.errors import AttendanceError
from attendance.excuses.documents import Document, document_store
from attendance.excuses.errors import AnswerNeeded
from attendance.lessons.selectors import OPEN_STATES
from attendance.models import ClassSession, Dispute
from attendance.register.corrections import Correction, mark_correct
from attendance.register.edit_window import require_may_edit
from attendance.register.errors import MarkConflict, NothingToUndo
from attendance.repositories import marks_for
from enrollment.access import Act, access_record
from enrollment.models import Guardian, Student

_State = Dispute.State


def dispute_send(
    *,
    student: Student,
    session: ClassSession,
    note: str,
    by: User,
    guardian: Guardian | None = None,
    document: Document | None = None,
) -> Dispute:
    """An objection to the student's mark of a lesson, which waits for a decision.

    Raises NothingToDispute, RegisterStillOpen, AlreadyDisputed, DocumentNotStored.
    """
    mark = marks_for(session.institution).for_session(session.pk).get(student.pk)
    if mark is None or mark.status is Status.NONE:
        raise NothingToDispute
    if ClassSession.objects.filter(pk=session.pk, state__in=OPEN_STATES).exists():
        raise RegisterStillOpen
    dispute = Dispute(
        institution=session.institution, student=student, session=session, note=note.strip(),
        status=mark.status.value, code=mark.code, version=mark.version,
        giver=Dispute.Giver.STUDENT if student.user == by else Dispute.Giver.GUARDIAN, given_by=by, guardian=guardian,
        given_by_name=guardian.name if guardian else by.name,
    )  # fmt: skip
    try:
        document_store(dispute, document)
    except IntegrityError as error:
        raise AlreadyDisputed from error
    return dispute


def dispute_withdraw(*, dispute: Dispute) -> None:
    """Take an objection back that is not decided yet. Taking it back twice changes nothing. Raises DisputeDecided."""
    rows = Dispute.objects.for_institution(dispute.institution).filter(pk=dispute.pk)
    if not rows.filter(state__in=[_State.WAITING, _State.WITHDRAWN]).update(state=_State.WITHDRAWN):
        raise DisputeDecided
    dispute.refresh_from_db(fields=["state"])


def dispute_correct(*, dispute: Dispute, status: Status, by: User, expected_version: int) -> Mark:
    """Grant an objection: the mark gets this status, over the version that the decider saw.

    Raises DisputeDecided, EditWindowOver, MarkConflict, StillOpen, StoreUnavailable.
    """
    _require_waiting(dispute)
    with translation.override(dispute.institution.language):
        correction = Correction(status, _("Corrected after the student disputed it"))
    mark = mark_correct(
        session=dispute.session,
        student_id=dispute.student_id,
        correction=correction,
        by=by,
        expected_version=expected_version,
    )
    try:
        _decide(dispute, _State.CORRECTED, by, "", written_version=mark.version)
    except DisputeDecided:
        _take_back(dispute, mark, by)
        raise
    return mark


def dispute_keep(*, dispute: Dispute, by: User, answer: str) -> None:
    """Leave the mark as it is; `answer` says why, for the student.

    Raises DisputeDecided, AnswerNeeded, EditWindowOver.
    """
    if not any(sign.isalnum() for sign in answer):
        raise AnswerNeeded
    require_may_edit(dispute.session, by=by, reason=answer)
    _decide(dispute, _State.KEPT, by, answer)


def dispute_undecide(*, dispute: Dispute, by: User) -> None:
    """Take a decision back: the objection waits again, and the mark that it wrote is as it was before.

    Raises DisputeNotDecided, MarkConflict where somebody has changed the mark since, AlreadyDisputed, EditWindowOver,
    StoreUnavailable.
    """
    if dispute.state == _State.CORRECTED and dispute.written_version is not None:
        _restore(dispute, dispute.written_version, by)
    rows = Dispute.objects.for_institution(dispute.institution).filter(pk=dispute.pk)
    decided = rows.filter(state__in=[_State.CORRECTED, _State.KEPT])
    try:
        with transaction.atomic():
            if not decided.update(
                state=_State.WAITING, decided_by=None, decided_at=None, answer="", written_version=None
            ):
                raise DisputeNotDecided
    except IntegrityError as error:
        raise AlreadyDisputed from error
    dispute.refresh_from_db()
    _record(dispute, by)


def _take_back(dispute: Dispute, mark: Mark, by: User) -> None:
    """Take back the mark of a decision that came too late: somebody kept the mark, or the family withdrew."""
    dispute.refresh_from_db()
    if dispute.state != _State.CORRECTED:  # else decided alike, and the mark is that decision's
        with suppress(AttendanceError):  # changed once more meanwhile
            _restore(dispute, mark.version, by)


def _require_waiting(dispute: Dispute) -> None:
    rows = Dispute.objects.for_institution(dispute.institution).filter(pk=dispute.pk)
    if not rows.filter(state=_State.WAITING).exists():
        raise DisputeDecided


def _decide(dispute: Dispute, state: Dispute.State, by: User, answer: str, written_version: int | None = None) -> None:
    rows = Dispute.objects.for_institution(dispute.institution).filter(pk=dispute.pk, state=_State.WAITING)
    if not rows.update(
        state=state, decided_by=by, decided_at=timezone.now(), answer=answer.strip()[:200],
        written_version=written_version,
    ):  # fmt: skip
        raise DisputeDecided
    dispute.refresh_from_db()
    _record(dispute, by)


def _record(dispute: Dispute, by: User) -> None:
    access_record(
        Act.DISPUTE_DECIDED, institution=dispute.institution, by=by, subject=dispute.student_id,
        session=dispute.session_id, state=str(dispute.state),
    )  # fmt: skip


def _restore(dispute: Dispute, written: int, by: User) -> None:
    """Write the version before the decision's again, unless that was done already."""
    session, student = dispute.session, dispute.student_id
    versions = {mark.version: mark for mark in marks_for(session.institution).audit(session.pk, student)}
    before, current = versions.get(written - 1), versions.get(max(versions, default=0))
    if before is None or current is None or before.status is Status.NONE:
        raise NothingToUndo
    if current.version == written + 1 and (current.status, current.code) == (before.status, before.code):
        return  # a repetition after a crash
    if current.version != written:
        raise MarkConflict(current)
    with translation.override(dispute.institution.language):
        reason = before.note or _("Decision taken back")
    correction = Correction(before.status, reason, code=before.code, minutes_late=before.minutes_late)
    mark_correct(session=session, student_id=student, correction=correction, by=by, expected_version=written)
