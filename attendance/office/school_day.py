"""A whole school's day: its lessons with rosters and marks, read in a fixed number of queries."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext

from accounts.models import Institution
from attendance.domain.day import DayLesson, DeskWord, Standing, StudentDay, student_days
from attendance.domain.marks import Mark
from attendance.excuses.explaining import explanations_of
from attendance.lessons.selectors import PLANNED
from attendance.models import ClassSession, DeskEntry, Excuse, RosterEntry
from attendance.repositories import marks_for
from enrollment.models import Enrollment


@dataclass(frozen=True, slots=True)
class SchoolDay:
    """A day of a school at a moment. sessions: those that are held, earliest first; lessons: the same with marks.

    entries: what was entered at the office's desk and not undone. students: the standing of each, by id; excuses:
    those that explain an absence of today.
    """

    institution: Institution
    day: date
    at: datetime
    sessions: tuple[ClassSession, ...]
    lessons: tuple[DayLesson, ...]
    entries: tuple[DeskEntry, ...]
    students: Mapping[UUID, StudentDay]
    excuses: Mapping[UUID, Excuse]

    @property
    def begun(self) -> tuple[ClassSession, ...]:
        """The lessons that have begun."""
        return tuple(session for session in self.sessions if session.starts_at <= self.at)

    def roster(self, session: ClassSession) -> Mapping[UUID, Mark | None]:
        """The students of a lesson with their marks."""
        return next(lesson.marks for lesson in self.lessons if lesson.session_id == session.pk)


def read_school_day(institution: Institution, *, at: datetime | None = None) -> SchoolDay:
    """The school's day at an instant (default: now), in its own time zone. Seven queries. Raises StoreUnavailable."""
    at = at or timezone.now()
    day = timezone.localdate(at, institution.zone)
    rows = ClassSession.objects.for_institution(institution).filter(local_date=day).select_related("course")
    sessions = tuple(rows.exclude(state=ClassSession.State.CANCELLED).order_by("starts_at", "course__name_key"))
    for session in sessions:
        session.institution = institution
    lessons = _lessons(institution, sessions, at)
    entries = tuple(desk_entries_of(institution, day))
    days = student_days(lessons, [desk_word(entry) for entry in entries], at=at)
    excuses = _excuses(institution, day, sessions, days)
    return SchoolDay(
        institution=institution,
        day=day,
        at=at,
        sessions=sessions,
        lessons=lessons,
        entries=entries,
        students=days | {pk: _excused(days[pk], excuse) for pk, excuse in excuses.items()},
        excuses=excuses,
    )


def desk_entries_of(institution: Institution, day: date) -> list[DeskEntry]:
    """Entries of a day at the desk that were not undone, the latest first."""
    rows = DeskEntry.objects.for_institution(institution).filter(day=day, undone_at=None)
    return list(rows.select_related("student"))


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


def _lessons(institution: Institution, sessions: Sequence[ClassSession], at: datetime) -> tuple[DayLesson, ...]:
    taken = [session for session in sessions if session.state not in PLANNED]
    rosters = _rosters(institution, sessions)
    marks = marks_for(institution).for_sessions([session.pk for session in taken])
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
    """The students of each lesson: those on its register, or on its course's roster where it was not opened."""
    rosters: dict[UUID, list[UUID]] = defaultdict(list)
    taken = [session.pk for session in sessions if session.state not in PLANNED]
    entries = RosterEntry.objects.for_institution(institution).filter(session__in=taken)
    for session_id, student_id in entries.values_list("session_id", "student_id"):
        rosters[session_id].append(student_id)
    planned = [session for session in sessions if session.state in PLANNED]
    courses = {session.course_id for session in planned}
    places = Enrollment.objects.for_institution(institution).filter(course__in=courses, student__is_active=True)
    by_course: dict[UUID, list[UUID]] = defaultdict(list)
    for course_id, student_id in places.values_list("course_id", "student_id"):
        by_course[course_id].append(student_id)
    return rosters | {session.pk: by_course[session.course_id] for session in planned}
