"""Statuses and sources of a mark, and which source may replace which: pure rules, without a database."""

from datetime import datetime, timedelta
from enum import StrEnum


class Status(StrEnum):
    """A student's attendance in a session as a mark states it. NONE: a mark that was taken back."""

    PRESENT = "P"
    LATE = "L"
    ABSENT = "A"
    EXCUSED = "E"
    LEFT_EARLY = "D"
    NONE = "N"

    @property
    def attended(self) -> bool:
        """True if the student was there, even if not for all of it."""
        return self in (Status.PRESENT, Status.LATE, Status.LEFT_EARLY)


# From the mark that a day or a calendar shows of several, to the one that says least.
WORST_FIRST = (Status.ABSENT, Status.LATE, Status.LEFT_EARLY, Status.EXCUSED, Status.PRESENT)
SETTABLE = tuple(status for status in Status if status is not Status.NONE)  # what a person can say of a student


class Source(StrEnum):
    """The maker of a mark: a person in one of several ways, a machine, or the closing of the register."""

    CLOSE = "close"  # the register was closed and the student had not been seen
    UNDO = "undo"  # a person took their own mark back: as if it had never been made
    PHOTO = "photo"
    WEBCAM = "webcam"
    KIOSK = "kiosk"  # a tablet at the door
    CODE = "code"  # the student typed the code on the projector
    CONFIRMED = "confirmed"  # a person decided a doubt of the machine's
    HAND = "hand"
    REST = "rest"  # a person marked all of whom nothing was known yet, in one act
    IMPORT = "import"  # a person brought a file from another system

    @property
    def is_person(self) -> bool:
        return self in (Source.CONFIRMED, Source.HAND, Source.REST)

    @property
    def is_machine(self) -> bool:
        return self in (Source.PHOTO, Source.WEBCAM, Source.KIOSK)

    @property
    def is_unattended(self) -> bool:
        """True if no member of staff took part: once a teacher takes such a mark back, it does not return by itself."""
        return self.is_machine or self is Source.CODE


def may_replace(*, status: Status, source: Source, by: Source) -> bool:
    """Return whether a mark of source `by` may replace a mark with this status and source.

    A person may replace anything; but when they mark the rest in one act, only what is empty and what closing filled.
    Closing and imports fill what is empty. A machine never replaces a person's mark, adds nothing to another machine's,
    and may mark those whom closing wrote absent or whose mark was undone. The check-in code counts as a machine: that
    somebody at a device knew it is less than a teacher's word.
    """
    if by is Source.REST:
        return status is Status.NONE or source is Source.CLOSE
    if by.is_person:
        return True
    if by in (Source.CLOSE, Source.IMPORT):
        return status is Status.NONE
    return source in (Source.CLOSE, Source.UNDO)


def arrival(*, seen_at: datetime, starts_at: datetime, grace_minutes: int) -> tuple[Status, int]:
    """Present or late, and the whole minutes since the beginning (0 if in time).

    Late begins when the grace period is over: with 10 minutes, 09:10:00 is in time and 09:10:01 is late.
    """
    if seen_at - starts_at <= timedelta(minutes=grace_minutes):
        return Status.PRESENT, 0
    return Status.LATE, minutes_after(seen_at=seen_at, starts_at=starts_at)


def minutes_after(*, seen_at: datetime, starts_at: datetime) -> int:
    """Whole minutes from the beginning of the lesson to `seen_at`, not below 0."""
    return max(0, int((seen_at - starts_at).total_seconds() // 60))
