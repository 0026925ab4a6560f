"""Marking, in one action, everybody about whom nothing is known yet, and undoing exactly that action."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.utils import timezone

from accounts.models import User
from attendance.domain.marks import Mark
from attendance.domain.statuses import Source, Status, may_replace
from attendance.lessons.selectors import roster_ids
from attendance.models import ClassSession
from attendance.register.marks import new_mark, require_open, undo_of
from attendance.repositories import marks_for
from attendance.repositories.base import AttendanceRepository, MarkChanged

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_DOUBLE_CLICK = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class BulkMark:
    """One action of marking everybody else. number: names it, in microseconds since 1970. marked: number of marks."""

    number: int
    marked: int


def marks_set_rest(*, session: ClassSession, status: Status, by: User) -> BulkMark:
    """Mark everybody who has no mark yet as present or as absent, and nobody else.

    Marks by a person, a machine or a check-in code stay, even if they are made at the same moment. A repetition within
    two minutes that finds nobody returns the action before it. Raises ValueError for another status, SessionNotOpen,
    SessionClosed.
    """
    if status not in (Status.PRESENT, Status.ABSENT):
        raise ValueError(f"The rest is present or absent, not {status!r}.")
    require_open(session)
    repository, now = marks_for(session.institution), timezone.now()
    held = repository.for_session(session.pk)
    due = [pk for pk in roster_ids(session) if _is_empty(held.get(pk))]
    marks = [new_mark(session, pk, status=status, source=Source.REST, at=now, actor_id=by.pk) for pk in due]
    written = repository.mark_many(marks)
    if not written:
        return _just_before(list(held.values()), status, by, now)
    return BulkMark(number_of(now), len(written))


def marks_undo_rest(*, session: ClassSession, number: int, by: User) -> BulkMark:
    """Undo an action of `marks_set_rest`: those of its marks that nobody has changed since. Repeating is harmless.

    Returns the number undone, as `marked`. Raises SessionNotOpen, SessionClosed.
    """
    require_open(session)
    repository = marks_for(session.institution)
    ours = [mark for mark in repository.for_session(session.pk).values() if _is_of(mark, number)]
    return BulkMark(number, sum(_take_back(repository, mark, by) for mark in ours))


def number_of(at: datetime) -> int:
    """The number of an action at this moment."""
    return (at - EPOCH) // _MICROSECOND


def _is_empty(mark: Mark | None) -> bool:
    return mark is None or may_replace(status=mark.status, source=mark.source, by=Source.REST)


def _is_of(mark: Mark, number: int) -> bool:
    """True if the mark is of this action, also after it was undone and restored: such a mark keeps its time."""
    return mark.source is Source.REST and number_of(mark.marked_at) == number


def _just_before(held: list[Mark], status: Status, by: User, now: datetime) -> BulkMark:
    """The person's last action of the same kind, if that was just now: the second half of a double click."""
    ours = [mark for mark in held if mark.source is Source.REST and mark.actor_id == by.pk and mark.status is status]
    last = max((mark.marked_at for mark in ours), default=EPOCH)
    if now - last > _DOUBLE_CLICK:
        return BulkMark(0, 0)
    return BulkMark(number_of(last), sum(mark.marked_at == last for mark in ours))


def _take_back(repository: AttendanceRepository, mark: Mark, by: User) -> bool:
    """Undo a mark; returns False if somebody changed it at this moment."""
    versions = [mark] if mark.version == 1 else repository.audit(mark.session_id, mark.student_id)
    if versions[-1] != mark:
        return False
    try:
        repository.correct(undo_of(versions, by), expected_version=mark.version)
    except MarkChanged:
        return False
    return True
