"""Contents of a calendar file: whole days, weekly lessons and single ones. Values; knows no database."""

from dataclasses import dataclass, field
from datetime import date, time

from attendance.lessons.changes import When

SEPARATOR = "\t"  # between the parts of a row's uid; occurs in no UID of a file


@dataclass(frozen=True, slots=True)
class FileDays:
    """Whole days, both included. uid: names the event of the file, and the repetition."""

    uid: str
    name: str
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class FileLesson:
    """A single lesson. uid: names the event of the file, and the repetition."""

    uid: str
    name: str
    when: When


@dataclass(frozen=True, slots=True)
class FileWeekly:
    """A weekly lesson between two days (last: None without end), the days without it, and those on which it moves.

    uid: names the event of the file, its weekday, and the day from which its time differs.
    """

    uid: str
    name: str
    weekday: int
    starts: time
    ends: time
    room: str
    first: date
    last: date | None
    cancelled: tuple[date, ...]
    moved: tuple[tuple[date, When], ...]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An event that is not imported, with the reason."""

    name: str
    why: str


@dataclass(slots=True)
class CalendarFile:
    """Contents of a file, from today on."""

    days: list[FileDays] = field(default_factory=list)
    weekly: list[FileWeekly] = field(default_factory=list)
    lessons: list[FileLesson] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    # Series by the beginning of their rows' uid: all that are in the file, and those that were understood. Of the
    # latter, what an earlier file had and this one has not is gone.
    in_file: set[str] = field(default_factory=set)
    understood: set[str] = field(default_factory=set)


def series_of(uid: str) -> str:
    """The series that a row's uid belongs to."""
    return uid.partition(SEPARATOR)[0]
