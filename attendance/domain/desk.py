"""The mark that follows from an entry at the office's desk: a pure rule."""

from dataclasses import dataclass
from datetime import datetime

from attendance.domain.day import DeskWord
from attendance.domain.marks import Mark, is_unknown
from attendance.domain.statuses import Status, arrival


@dataclass(frozen=True, slots=True)
class WantedMark:
    """A mark that an entry asks for. minutes_late: of a late one; left_at: of one who left early."""

    status: Status
    minutes_late: int = 0
    left_at: datetime | None = None


def mark_wanted(
    word: DeskWord, *, starts_at: datetime, ends_at: datetime, grace_minutes: int, is_open: bool, mark: Mark | None
) -> WantedMark | None:
    """The mark that an entry asks for in one lesson, over the mark that is there; None for none.

    An arrival is late, or within the grace period present, in the lesson that it falls into, unless they were seen
    there already. Leaving marks the lesson it falls into; in later ones it turns an absence into an excused one, and
    never marks somebody who may be back.
    """
    unknown = is_unknown(mark, is_open=is_open)
    is_there = mark is not None and not unknown and mark.status.attended
    is_absent = mark is not None and not unknown and mark.status is Status.ABSENT
    falls_in = starts_at <= word.at < ends_at
    if word.kind == "late":
        if not falls_in or is_there:
            return None
        status, minutes = arrival(seen_at=word.at, starts_at=starts_at, grace_minutes=grace_minutes)
        return WantedMark(status, minutes)
    if word.kind == "left" and falls_in:
        is_told = mark is not None and mark.status is Status.LEFT_EARLY
        return WantedMark(Status.LEFT_EARLY, left_at=word.at) if (unknown or is_there) and not is_told else None
    return WantedMark(Status.EXCUSED) if is_absent and word.explains(starts_at) else None
