"""A whole school's day: its lessons with rosters and marks, read in a fixed number of queries."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Subquery
from django.utils import timezone
from django.utils.translation import gettext

from accounts.models import Institution
from attendance.domain.day import DayLesson, DeskWord, Standing, StudentDay, student_days
from attendance.domain.marks import MarkOfDay
from attendance.lessons.selectors import PLANNED
from attendance.models import ClassSession, DeskEntry, Excuse, RegisterReminder, RosterEntry
from attendance.register.explaining import explanations_of
from attendance.repositories import marks_for
from enrollment.models import Enrollment

State = ClassSession.State
MarksOfDay = Callable[..., Mapping[UUID, Mapping[UUID, MarkOfDay]]]  # by session and student


@dataclass(frozen=True, slots=True)
class Reminder:
    """The latest reminder of a register. error: why it did not leave; empty if it did."""

    sent_at: datetime
    error: str


@dataclass(frozen=True, slots=True)
class SchoolDay:
    """A day of a school at a moment. sessions: those that are held, earliest first; lessons: the same with marks.

    reminders: the latest of each session that has one. entries: what was entered at the office's desk and not undone.
    students: the standing of each, by id; excuses: those that explain an absence of today.
    """

    institution: Institution
    day: date
    at: datetime
    sessions: tuple[ClassSession, ...]
    reminders: Mapping[UUID, Reminder]
    lessons: tuple[DayLesson, ...]
    entries: tuple[DeskEntry, ...]
    students: Mapping[UUID, StudentDay]
    excuses: Mapping[UUID, Excuse]

    @property
    def begun(self) -> tuple[ClassSession, ...]:
        """The lessons that have begun."""
        return tuple(session for session in self.sessions if session.starts_at <= self.at)

    def roster(self, session: ClassSession) -> Mapping[UUID, MarkOfDay | None]:
        """The students of a lesson with their marks."""
        return next(lesson.marks for lesson in self.lessons if lesson.session_id == session.pk)


def read_school_day(institution: Institution, *, at: datetime | None = None) -> SchoolDay:
    """The school's day at an instant (default: now), in its own time zone. Five queries. Raises StoreUnavailable."""
    return _read(institution, at or timezone.now(), marks_for(institution).marks_of_day)


def read_school_day_unmarked(institution: Institution, *, at: datetime | None = None) -> SchoolDay:
    """The day as it is known while no marks can be read: by lessons, rosters, the desk and families alone."""
    return _read(institution, at or timezone.now(), lambda day, *, closed, others: {})


def _read(institution: Institution, at: datetime, read: MarksOfDay) -> SchoolDay:
    day = timezone.localdate(at, institution.zone)
    sessions, reminders = _sessions(institution, day)
    lessons = _lessons(institution, day, sessions, read)
    entries = tuple(desk_entries_of(institution, day))
    days = student_days(lessons, [desk_word(entry) for entry in entries], at=at)
    excuses = _excuses(institution, day, sessions, days)
    return SchoolDay(
        institution=institution,
        day=day,
        at=at,
        sessions=sessions,
        reminders=reminders,
        lessons=lessons,
        entries=entries,
        students=days | {pk: _excused(days[pk], excuse) for pk, excuse in excuses.items()},
        excuses=excuses,
    )


def _sessions(institution: Institution, day: date) -> tuple[tuple[ClassSession, ...], dict[UUID, Reminder]]:
    """The lessons of a day that are held, earliest first, and their latest reminders. One query."""
    latest = RegisterReminder.objects.filter(session=OuterRef("pk")).order_by("-sent_at")
    rows: Any = ClassSession.objects.for_institution(institution).filter(local_date=day).select_related("course")
    rows = rows.exclude(state=ClassSession.State.CANCELLED).annotate(
        reminded_at=Subquery(latest.values("sent_at")[:1]), reminder_error=Subquery(latest.values("error")[:1])
    )
    sessions = tuple(rows.order_by("starts_at", "course__name_key"))
    for session in sessions:
        session.institution = institution
    reminders = {row.pk: Reminder(row.reminded_at, row.reminder_error) for row in sessions if row.reminded_at}
    return sessions, reminders


def desk_entries_of(institution: Institution, day: date, among: Collection[UUID] | None = None) -> list[DeskEntry]:
    """Entries of a day at the desk that were not undone, the latest first. among: of these students; None: of all."""
    rows = DeskEntry.objects.for_institution(institution).filter(day=day, undone_at=None)
    return list((rows if among is None else rows.filter(student__in=among)).select_related("student"))


def desk_word(entry: DeskEntry) -> DeskWord:
    """An entry as the rules read it."""
    return DeskWord(entry.student_id, entry.kind, entry.at, entry.until, entry.reason)


def _excuses(
    institution: Institution, day: date, sessions: Sequence[ClassSession], days: Mapping[UUID, StudentDay]
) -> dict[UUID, Excuse]:
    """Reasons given to the school, of those who are absent or not known of, by student. One query."""
    by_id = {session.pk: session for session in sessions}
    given = explanations_of(institution, first=day, last=day)
    asked = (Standing.ABSENT, Standing.UNKNOWN, Standing.EXPLAINED)
    found = {pk: given.of(pk, by_id[each.lesson]) for pk, each in days.items() if each.standing in asked}
    return {pk: excuse for pk, excuse in found.items() if excuse}


def _excused(each: StudentDay, excuse: Excuse) -> StudentDay:
    return replace(each, standing=Standing.EXPLAINED, reason=excuse_words(excuse))


def excuse_words(excuse: Excuse) -> str:
    """An excuse as a list shows it: its kind, its note, and that nobody has decided on it yet."""
    reason = ", ".join(filter(None, [excuse.get_kind_display(), excuse.note]))
    return reason if excuse.is_accepted else gettext("%(reason)s (to decide)") % {"reason": reason}


def _lessons(
    institution: Institution, day: date, sessions: Sequence[ClassSession], read: MarksOfDay
) -> tuple[DayLesson, ...]:
    rosters = _rosters(institution, sessions)
    taken = [session for session in sessions if session.state not in PLANNED]
    closed = {session.pk for session in taken if session.state == State.CLOSED and session.summary_due is None}
    others = {session.pk for session in taken} - closed
    marks = read(day, closed=closed, others=others) if taken else {}
    return tuple(
        DayLesson(
            session_id=session.pk,
            starts_at=session.starts_at,
            ends_at=session.ends_at,
            is_open=session.is_open,
            marks={pk: marks.get(session.pk, {}).get(pk) for pk in rosters.get(session.pk, ())},
        )
        for session in sessions
    )


def _rosters(institution: Institution, sessions: Sequence[ClassSession]) -> dict[UUID, list[UUID]]:
    """The students of each lesson: those on its register, or on its course's roster where it was not opened.

    One query.
    """
    planned = defaultdict(list)
    for session in sessions:
        if session.state in PLANNED:
            planned[session.course_id].append(session.pk)
    taken = [session.pk for session in sessions if session.state not in PLANNED]
    entries = RosterEntry.objects.for_institution(institution).filter(session__in=taken)
    places = Enrollment.objects.for_institution(institution).filter(course__in=planned, student__is_active=True)
    rows = entries.order_by().values_list("session_id", "student_id")
    rows = rows.union(places.order_by().values_list("course_id", "student_id"), all=True)
    rosters: dict[UUID, list[UUID]] = defaultdict(list)
    for of, student_id in rows:
        for session_id in planned.get(of, [of]):
            rosters[session_id].append(student_id)
    return rosters
