"""The time that a reason for an absence covers: pure rules, without a database."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time
from typing import Protocol, TypeVar
from uuid import UUID


@dataclass(frozen=True, slots=True)
class LessonTime:
    """A lesson in its school's own calendar and wall-clock time. One that ends after midnight ends before it begins."""

    session_id: UUID
    day: date
    begins: time
    ends: time


@dataclass(frozen=True, slots=True)
class Span:
    """Days, first and last included; of each day the hours from `begins` to `ends` (None: from or to any hour).

    session_id: the one lesson meant; None for all of these days.
    """

    first: date
    last: date
    begins: time | None = None
    ends: time | None = None
    session_id: UUID | None = None

    def covers(self, lesson: LessonTime) -> bool:
        """True if some of the lesson lies within."""
        if self.session_id is not None:
            return self.session_id == lesson.session_id
        if not self.first <= lesson.day <= self.last:
            return False
        ends = lesson.ends if lesson.ends > lesson.begins else time.max
        return (self.ends is None or lesson.begins < self.ends) and (self.begins is None or ends > self.begins)


class Reason(Protocol):
    """A reason somebody gave: its time, and whether the school has accepted it."""

    @property
    def span(self) -> Span: ...

    @property
    def is_accepted(self) -> bool: ...


R = TypeVar("R", bound=Reason)


def reason_for(reasons: Iterable[R], lesson: LessonTime) -> R | None:
    """The first of the reasons that covers the lesson, an accepted one before one that waits for a decision."""
    covering = [reason for reason in reasons if reason.span.covers(lesson)]
    return next((reason for reason in covering if reason.is_accepted), covering[0] if covering else None)
