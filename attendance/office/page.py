"""The office's day as its page shows it, read in a fixed number of queries."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from accounts.models import Institution
from attendance.domain.day import Standing, urgency
from attendance.domain.marks import MarkOfDay, is_unknown
from attendance.domain.statuses import Status
from attendance.lessons.selectors import OPEN_STATES
from attendance.lessons.substitutes import read_takers
from attendance.lessons.timetable import days_off_on
from attendance.models import ClassSession, DeskEntry
from attendance.office.people import ListedStudent, PersonLine, listed_students, person_lines
from attendance.office.reminders import QUIET
from attendance.office.school_day import Reminder, SchoolDay, read_school_day

SHOWN = 8  # lines of a list before "Show all"


@dataclass(frozen=True, slots=True)
class MissingRegister:
    """A register that was not taken, or not closed at the lesson's end. minutes: since it was due."""

    session: ClassSession
    teachers: str
    students: int
    minutes: int
    reminder: Reminder | None
    is_quiet: bool

    @property
    def is_open(self) -> bool:
        return self.session.state in OPEN_STATES


@dataclass(frozen=True, slots=True)
class ArrivalLine:
    """A late arrival. mark: in the lesson it falls into, None while that waits. has_lesson: whether it has one."""

    entry: DeskEntry
    group: str
    mark: MarkOfDay | None
    has_lesson: bool


@dataclass(frozen=True, slots=True)
class LeavingLine:
    """An early leaving that no list of the absent names: it is to come, or they are back."""

    entry: DeskEntry
    group: str


@dataclass(frozen=True, slots=True)
class OfficeDay:
    """The page. counts: students by standing."""

    school_day: SchoolDay
    counts: Counter[Standing]
    without_reason: tuple[PersonLine, ...]
    with_reason: tuple[PersonLine, ...]
    left: tuple[PersonLine, ...]
    missing: tuple[MissingRegister, ...]
    arrivals: tuple[ArrivalLine, ...]
    leavings: tuple[LeavingLine, ...]
    day_off: str

    @property
    def here(self) -> int:
        return self.counts[Standing.HERE]

    @property
    def absent(self) -> int:
        return self.counts[Standing.ABSENT] + self.counts[Standing.EXPLAINED]

    @property
    def unknown(self) -> int:
        return self.counts[Standing.UNKNOWN]

    @property
    def gone(self) -> int:
        return self.counts[Standing.LEFT]

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def bar(self) -> list[tuple[str, int]]:
        """The counts as the bar draws them; what is not known stays empty."""
        return [
            (Status.PRESENT, self.here),
            (Status.LEFT_EARLY, self.gone),
            (Status.EXCUSED, self.counts[Standing.EXPLAINED]),
            (Status.ABSENT, self.counts[Standing.ABSENT]),
        ]

    @property
    def first_lesson(self) -> datetime | None:
        """The beginning of the day's first lesson, while none has begun."""
        sessions = self.school_day.sessions
        return sessions[0].starts_at if sessions and not self.school_day.begun else None

    @property
    def has_no_lists(self) -> bool:
        """True if nobody is listed as absent or gone, and no register as missing."""
        return not (self.without_reason or self.with_reason or self.left or self.missing)

    @property
    def begun(self) -> bool:
        """True once a lesson of the day has begun."""
        return bool(self.school_day.begun)

    @property
    def is_all_known(self) -> bool:
        """True if everybody is accounted for."""
        return bool(self.total) and not (self.without_reason or self.unknown or self.missing)


def read_office_day(institution: Institution, *, at: datetime | None = None) -> OfficeDay:
    """The school's day for its office, as it is at an instant (default: now). Raises StoreUnavailable."""
    school_day = read_school_day(institution, at=at)
    days = list(school_day.students.values())
    listed = [day for day in days if day.standing in (Standing.ABSENT, Standing.EXPLAINED, Standing.LEFT)]
    ids = {day.student_id for day in listed} | {entry.student_id for entry in school_day.entries}
    people = listed_students(school_day.institution, ids)
    lines = person_lines(school_day, listed, people)
    return OfficeDay(
        school_day=school_day,
        counts=Counter(day.standing for day in days),
        without_reason=tuple(sorted(_lines(lines, Standing.ABSENT), key=lambda line: urgency(line.day))),
        with_reason=_lines(lines, Standing.EXPLAINED),
        left=_lines(lines, Standing.LEFT),
        missing=_missing(school_day),
        arrivals=tuple(
            _arrival(school_day, entry, people) for entry in school_day.entries if entry.kind == DeskEntry.Kind.LATE
        ),
        leavings=_leavings(school_day, people, named={line.entry.pk for line in lines if line.entry}),
        day_off=_day_off(school_day),
    )


def _lines(lines: Iterable[PersonLine], standing: Standing) -> tuple[PersonLine, ...]:
    """The lines of this standing, by name."""
    rows = [line for line in lines if line.day.standing is standing]
    return tuple(sorted(rows, key=lambda line: line.student.name_key))


def _missing(school_day: SchoolDay) -> tuple[MissingRegister, ...]:
    """Registers not opened when the grace period was over, and those not closed when the lesson was."""
    due = [session for session in school_day.begun if (at := _due_at(session)) and at <= school_day.at]
    if not due:
        return ()
    takers = read_takers(school_day.institution, {session.course_id for session in due})
    lines = []
    for session in due:
        reminder = school_day.reminders.get(session.pk)
        lines.append(
            MissingRegister(
                session=session,
                teachers=takers.of(session.pk, session.course_id, session.local_date),
                students=len(school_day.roster(session)),
                minutes=int((school_day.at - session.starts_at).total_seconds() // 60),
                reminder=reminder,
                is_quiet=bool(reminder and not reminder.error and reminder.sent_at > school_day.at - QUIET),
            )
        )
    return tuple(lines)


def _due_at(session: ClassSession) -> datetime | None:
    if session.state == ClassSession.State.SCHEDULED:
        return min(session.starts_at + timedelta(minutes=session.grace_minutes), session.ends_at)
    return session.ends_at if session.is_open else None


def _leavings(
    school_day: SchoolDay, people: Mapping[UUID, ListedStudent], *, named: set[UUID]
) -> tuple[LeavingLine, ...]:
    """Leavings beyond those `named` in a list, the latest entry first."""
    rows = [entry for entry in school_day.entries if entry.kind == DeskEntry.Kind.LEFT and entry.pk not in named]
    return tuple(LeavingLine(row, people[row.student_id].group) for row in rows if row.student_id in people)


def _arrival(school_day: SchoolDay, entry: DeskEntry, people: Mapping[UUID, ListedStudent]) -> ArrivalLine:
    group = people[entry.student_id].group if entry.student_id in people else ""
    for lesson in school_day.lessons:
        if lesson.starts_at <= entry.at < lesson.ends_at and entry.student_id in lesson.marks:
            mark = lesson.marks[entry.student_id]
            return ArrivalLine(entry, group, None if is_unknown(mark, is_open=lesson.is_open) else mark, True)
    return ArrivalLine(entry, group, None, False)


def _day_off(school_day: SchoolDay) -> str:
    """The name of the school's day off, where no lesson is held."""
    if school_day.sessions:
        return ""
    offs = days_off_on(school_day.institution, school_day.day, school_day.day)
    return next((off.name for off in offs if off.course_id is None), "")
