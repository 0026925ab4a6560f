"""A member of staff's day as the page shows it: the current lesson, the later ones, open registers, the next day."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils import timezone

from accounts.models import Membership
from attendance.lessons.coming import Lesson, lessons_between
from attendance.lessons.selectors import current_session, next_session, sessions_left_open, sessions_of_day
from attendance.lessons.substitutes import Substitutes, Takers, read_takers, taken_by
from attendance.models import ClassSession
from enrollment.models import Course

ONE_DAY = timedelta(days=1)
AHEAD = timedelta(weeks=4)  # the next lesson is searched for this far ahead
LEFT_OPEN = 10  # registers of earlier days that are named
TAKEN_AHEAD = timedelta(days=7)  # span in which lessons taken for others are announced


@dataclass(frozen=True, slots=True)
class Line:
    """A lesson of the day. taken_for: its teacher, if the member is the substitute; taken_by: the substitute's name."""

    session: ClassSession
    taken_for: str
    taken_by: str

    @property
    def is_cancelled(self) -> bool:
        return self.session.state == ClassSession.State.CANCELLED


@dataclass(frozen=True, slots=True)
class Taken:
    """A lesson of a later day that the member takes for somebody else, with that teacher's name."""

    lesson: Lesson
    taken_for: str


@dataclass(frozen=True, slots=True)
class Agenda:
    """A day. now: the lesson that runs or begins within minutes; soon: else the day's next one; ahead: the first lesson
    of a later day, where this one has none to come.
    """

    now: Line | None
    soon: Line | None
    rest: tuple[Line, ...]
    left_open: tuple[ClassSession, ...]
    taken: tuple[Taken, ...]
    ahead: Lesson | None

    @property
    def earlier(self) -> tuple[Line, ...]:
        """Of the others, those that have begun."""
        now = timezone.now()
        return tuple(line for line in self.rest if line.session.starts_at <= now)

    @property
    def later(self) -> tuple[Line, ...]:
        """Of the others, those that are still to come."""
        now = timezone.now()
        return tuple(line for line in self.rest if line.session.starts_at > now)

    @property
    def card(self) -> Line | None:
        """The lesson at the top of the page."""
        return self.now or self.soon


def read_agenda(membership: Membership, day: date, courses: Iterable[Course]) -> Agenda:
    """The member's day; its sessions must exist already (`sessions_plan`). Seven queries at most.

    courses: those that they teach.
    """
    institution = membership.institution
    sessions = list(sessions_of_day(membership, day))
    now = current_session(sessions)
    soon = None if now else next_session(sessions)
    given, mine = taken_by(membership)
    own = {} if now or soon else {course.pk: course for course in courses}
    looked_at = {course.pk: course for course in given} | own
    takers = read_takers(institution, {session.course_id for session in sessions} | looked_at.keys())
    lines = [_line(session, mine, takers, day) for session in sessions]
    last = day + (TAKEN_AHEAD if now or soon else AHEAD)
    coming = lessons_between(institution, looked_at.values(), day + ONE_DAY, last, takers.substitutes)
    theirs = [each for each in coming if each.is_among(mine, institution.zone)]
    own_coming = [each for each in coming if each.course.pk in own]
    left_open = sessions_left_open(membership, before=day).exclude(pk__in=[each.pk for each in sessions])
    return Agenda(
        now=_line_of(lines, now),
        soon=_line_of(lines, soon),
        rest=tuple(line for line in lines if line.session not in (now, soon)),
        left_open=tuple(left_open[:LEFT_OPEN]),
        taken=tuple(
            Taken(each, takers.regular.get(each.course.pk, "–"))
            for each in theirs
            if timezone.localdate(each.starts_at, institution.zone) <= day + TAKEN_AHEAD
        ),
        ahead=None if now or soon else _first([*theirs, *own_coming]),
    )


def _line(session: ClassSession, mine: Substitutes, takers: Takers, day: date) -> Line:
    if mine.of(session.pk, session.course_id, day):
        return Line(session, takers.regular.get(session.course_id, "–"), "")
    return Line(session, "", ", ".join(takers.substitutes.of(session.pk, session.course_id, day)))


def _line_of(lines: list[Line], session: ClassSession | None) -> Line | None:
    return next((line for line in lines if line.session is session), None)


def _first(lessons: Iterable[Lesson]) -> Lesson | None:
    """The earliest of them that is to be held."""
    held = [each for each in lessons if each.state == ClassSession.State.SCHEDULED]
    return min(held, key=lambda each: (each.starts_at, each.course.name_key), default=None)
