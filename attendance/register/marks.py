"""Marks by people: setting and undoing them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from accounts.models import User
from attendance.calibration.verdicts import verdict_on_mark
from attendance.domain.marks import Evidence, Mark
from attendance.domain.statuses import Source, Status, minutes_after
from attendance.errors import SessionClosed, SessionNotOpen
from attendance.lessons.errors import LessonCancelled
from attendance.lessons.selectors import on_roster
from attendance.models import ClassSession, StatusCode
from attendance.register.errors import MarkConflict, NothingToUndo, NotOnRoster, UnknownStatus
from attendance.register.moments import credible_moment
from attendance.repositories import marks_for
from attendance.repositories.base import MarkChanged


@dataclass(frozen=True, slots=True)
class MarkInput:
    """A person's entry for a student.

    code: the institution's own status code, empty for the kind's default. minutes_late: None is computed from the
    clock. left_at: None is now. note: None keeps the mark's own if the status stays. made_at: time of the entry on a
    device that had no connection; within bounds it counts from then (`credible_moment`), else from now.
    """

    status: Status
    code: str = ""
    minutes_late: int | None = None
    left_at: datetime | None = None
    note: str | None = None
    made_at: datetime | None = None

    @property
    def is_bare(self) -> bool:
        """True if it was one tap: a status and nothing more."""
        return self.minutes_late is None and self.left_at is None and self.note is None


def mark_say(*, session: ClassSession, student_id: UUID, word: MarkInput, by: User, expected_version: int) -> Mark:
    """Mark a student by hand over the version that the person saw (0: no mark).

    Repeating the person's own mark changes nothing; a bare status over the same one keeps its minutes and note. Raises
    SessionNotOpen, SessionClosed, NotOnRoster, UnknownStatus, MarkConflict.
    """
    require_open(session)
    _require_on_roster(session, student_id)
    claim_status_code(session, word)
    mark = _said(session, student_id, word, by)
    current = marks_for(session.institution).for_session(session.pk).get(student_id)
    if current and (says_the_same(current, mark) or (word.is_bare and _same_status(current, mark))):
        return current
    return _judged(session, _correct(session, mark, expected_version))


def mark_undo(*, session: ClassSession, student_id: UUID, by: User, expected_version: int) -> Mark:
    """Undo the mark of version `expected_version`: a new version repeats the one before it.

    Undoing a mark by a machine or by a check-in code is a person's mark, so that it does not return by itself; a
    person's own slip is as if it had never been. Undoing twice restores the mark; a double click undoes once.
    Raises SessionNotOpen, SessionClosed, NotOnRoster, NothingToUndo, MarkConflict.
    """
    require_open(session)
    _require_on_roster(session, student_id)
    versions = marks_for(session.institution).audit(session.pk, student_id)
    if not versions:
        raise NothingToUndo
    current = versions[-1]
    if current.version == expected_version:
        return _judged(session, _correct(session, undo_of(versions, by), expected_version))
    is_next = len(versions) > 1 and current.version == expected_version + 1
    if is_next and says_the_same(current, undo_of(versions[:-1], by)):
        return current  # a double click
    raise MarkConflict(current)


def new_mark(
    session: ClassSession,
    student_id: UUID,
    *,
    status: Status,
    source: Source,
    at: datetime,
    actor_id: UUID | None = None,
    minutes_late: int = 0,
    evidence: Evidence | None = None,
) -> Mark:
    """A mark of this session, not stored yet."""
    return Mark(
        session_id=session.pk,
        course_id=session.course_id,
        student_id=student_id,
        held_at=session.starts_at,
        status=status,
        source=source,
        marked_at=at,
        actor_id=actor_id,
        minutes_late=minutes_late,
        evidence=evidence,
    )


def require_open(session: ClassSession) -> None:
    """Raise SessionNotOpen, SessionClosed or LessonCancelled unless the register is open in the database now."""
    state = ClassSession.objects.values_list("state", flat=True).get(pk=session.pk)
    if state == ClassSession.State.CANCELLED:
        raise LessonCancelled
    if state == ClassSession.State.SCHEDULED:
        raise SessionNotOpen
    if state != ClassSession.State.OPEN:
        raise SessionClosed


def _said(session: ClassSession, student_id: UUID, word: MarkInput, by: User) -> Mark:
    """A person's entry as a mark of now. Minutes are kept for late only, a time for left early only."""
    arrived = timezone.now()
    now = credible_moment(word.made_at, session=session, now=arrived) or arrived
    late = minutes_after(seen_at=now, starts_at=session.starts_at) if word.minutes_late is None else word.minutes_late
    mark = new_mark(session, student_id, status=word.status, source=Source.HAND, at=now, actor_id=by.pk)
    return replace(
        mark,
        code=word.code,
        note=word.note or "",
        minutes_late=late if word.status is Status.LATE else 0,
        left_at=(word.left_at or now) if word.status is Status.LEFT_EARLY else None,
    )


def claim_status_code(session: ClassSession, word: MarkInput) -> None:
    """Make sure that the status code is in use for this kind, and keep it from being deleted from now on.

    Raises UnknownStatus.
    """
    if not word.code:
        return
    rows = StatusCode.objects.for_institution(session.institution).filter(
        code=word.code, kind=word.status, is_active=True
    )
    if not rows.update(has_marks=True):
        raise UnknownStatus


def _judged(session: ClassSession, mark: Mark) -> Mark:
    """The same mark, after the verdict on the engine that follows from it was written."""
    verdict_on_mark(session=session, mark=mark)
    return mark


def _require_on_roster(session: ClassSession, student_id: UUID) -> None:
    if not on_roster(session, student_id):
        raise NotOnRoster


def _correct(session: ClassSession, mark: Mark, expected_version: int) -> Mark:
    try:
        return marks_for(session.institution).correct(mark, expected_version=expected_version)
    except MarkChanged as error:
        if error.current and says_the_same(error.current, mark):
            return error.current  # a double click
        raise MarkConflict(error.current) from error


def says_the_same(one: Mark, other: Mark) -> bool:
    """True if two marks differ in nothing but their time."""
    details = (one.note, one.minutes_late, one.left_at) == (other.note, other.minutes_late, other.left_at)
    return details and _same_status(one, other)


def _same_status(one: Mark, other: Mark) -> bool:
    """True if two marks have the same status by the same person, whatever their minutes and notes."""
    own, others = ((mark.status, mark.code, mark.source, mark.actor_id) for mark in (one, other))
    return own == others


def undo_of(versions: Sequence[Mark], by: User) -> Mark:
    """The mark that undoes the last of these versions: the one before it, or none."""
    current = versions[-1]
    if len(versions) > 1 and not current.source.is_unattended:
        before = versions[-2]
        return replace(before, actor_id=by.pk if before.source.is_person else before.actor_id)
    return replace(
        current,
        status=Status.NONE,
        source=Source.HAND if current.source.is_unattended else Source.UNDO,
        marked_at=timezone.now(),
        actor_id=by.pk,
        minutes_late=0,
        note="",
        code="",
        left_at=None,
        evidence=None,
    )
