"""Corrections of marks in a closed register: with a reason, in the audit trail like every version before."""

from dataclasses import dataclass, replace
from uuid import UUID

from django.utils import timezone

from accounts.models import User
from attendance.calibration.verdicts import verdict_on_contradiction
from attendance.domain.marks import Mark
from attendance.domain.statuses import Source, Status
from attendance.errors import SessionNotOpen
from attendance.lessons.selectors import on_roster
from attendance.models import ClassSession, ToldRegister
from attendance.register.edit_window import require_may_edit, require_reason
from attendance.register.errors import MarkConflict, NotOnRoster, StillOpen
from attendance.register.marks import MarkInput, claim_status_code, new_mark, says_the_same
from attendance.register.sessions import summary_kept
from attendance.repositories import marks_for
from attendance.repositories.base import MarkChanged
from enrollment.access import Act, access_record


@dataclass(frozen=True, slots=True)
class Correction:
    """The right content of a mark, and the reason for the change.

    code: the school's own status code, empty for the kind's default. minutes_late: of a late one, if known.
    """

    status: Status
    reason: str
    code: str = ""
    minutes_late: int = 0


def mark_correct(
    *, session: ClassSession, student_id: UUID, correction: Correction, by: User, expected_version: int
) -> Mark:
    """Correct a mark of a closed register, which stays closed; its summary follows.

    The reason becomes the mark's note, so that anyone who reads the mark reads it. Repeating the call changes nothing.
    Raises StillOpen, SessionNotOpen, NotOnRoster, ReasonNeeded, EditWindowOver, UnknownStatus, MarkConflict,
    StoreUnavailable.
    """
    _require_closed(session)
    if not on_roster(session, student_id):
        raise NotOnRoster
    require_reason(correction.reason)
    require_may_edit(session, by=by, reason=correction.reason)
    claim_status_code(session, MarkInput(correction.status, correction.code))
    mark = _corrected(session, student_id, correction, by)
    store = marks_for(session.institution)
    current = store.for_session(session.pk).get(student_id)
    if current and says_the_same(current, mark):
        return current
    try:
        with summary_kept(session):
            written = store.correct(mark, expected_version=expected_version)
    except MarkChanged as error:
        raise MarkConflict(error.current) from error
    if written.status is Status.ABSENT:  # guardians are told of this absence too
        ToldRegister.objects.for_institution(session.institution).filter(session=session).delete()
    verdict_on_contradiction(session=session, mark=written)
    access_record(Act.MARK_CORRECTED, institution=session.institution, by=by, subject=student_id, session=session.pk)
    return written


def _require_closed(session: ClassSession) -> None:
    state = ClassSession.objects.values_list("state", flat=True).get(pk=session.pk)
    if state in (ClassSession.State.OPEN, ClassSession.State.CLOSING):
        raise StillOpen
    if state != ClassSession.State.CLOSED:
        raise SessionNotOpen


def _corrected(session: ClassSession, student_id: UUID, correction: Correction, by: User) -> Mark:
    mark = new_mark(
        session, student_id, status=correction.status, source=Source.HAND, at=timezone.now(), actor_id=by.pk
    )
    late = correction.minutes_late if correction.status is Status.LATE else 0
    return replace(mark, code=correction.code, note=correction.reason.strip(), minutes_late=late)
