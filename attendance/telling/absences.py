"""Unexplained absences of a register as they are now: read when a notice is queued, and again when it leaves."""

from collections.abc import Collection
from uuid import UUID

from attendance.domain.statuses import Source, Status
from attendance.models import ClassSession, Excuse
from attendance.register.explaining import explanations_of
from attendance.repositories import marks_for


def unexplained_in(session: ClassSession, among: Collection[UUID] | None = None) -> set[UUID]:
    """The students who are absent from a closed lesson without a reason; of those in `among`, unless it is None.

    A reason that the student alone gave counts once the school has accepted it: nobody tells their parents' part of it
    themselves. Nobody whose mark was imported, nor while the register is open again. Raises StoreUnavailable.
    """
    if session.state != ClassSession.State.CLOSED:
        return set()
    marks = marks_for(session.institution).for_session(session.pk)
    absent = {
        pk
        for pk, mark in marks.items()
        if mark.status is Status.ABSENT and mark.source is not Source.IMPORT and (among is None or pk in among)
    }
    if not absent:
        return set()
    day = session.local_date
    reasons = explanations_of(session.institution, first=day, last=day, students=absent)
    return {pk for pk in absent if not _explains(reasons.of(pk, session))}


def _explains(reason: Excuse | None) -> bool:
    return reason is not None and (reason.is_accepted or reason.giver != Excuse.Giver.STUDENT)
