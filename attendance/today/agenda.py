"""A member of staff's day as the page shows it: the current lesson, the later ones, open registers, the next day."""

from dataclasses import dataclass
from datetime import date, timedelta

from accounts.models import Membership
from attendance.lessons.coming import Lesson, lessons_taken, next_lesson
from attendance.lessons.selectors import current_session, next_session, sessions_left_open, sessions_of_day
from attendance.lessons.substitutes import read_substitutes, regular_teachers, taken_by
from attendance.models import ClassSession

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
    def card(self) -> Line | None:
        """The lesson at the top of the page."""
        return self.now or self.soon


def read_agenda(membership: Membership, day: date) -> Agenda:
    """The member's day; its sessions must exist already (`sessions_plan`)."""
    sessions = list(sessions_of_day(membership, day))
    lines = _lines(membership, sessions, day)
    now = _line_of(lines, current_session(sessions))
    soon = None if now else _line_of(lines, next_session(sessions))
    left_open = sessions_left_open(membership, before=day).exclude(pk__in=[each.pk for each in sessions])
    return Agenda(
        now=now,
        soon=soon,
        rest=tuple(line for line in lines if line not in (now, soon)),
        left_open=tuple(left_open[:LEFT_OPEN]),
        taken=_taken(membership, day),
        ahead=None if now or soon else next_lesson(membership, day),
    )


def _lines(membership: Membership, sessions: list[ClassSession], day: date) -> list[Line]:
    if not sessions:
        return []
    institution = membership.institution
    _courses, mine = taken_by(membership)
    others = read_substitutes(institution, {session.course for session in sessions})
    taken = {each.pk for each in sessions if mine.of(each.pk, each.course_id, day)}
    regular = regular_teachers(institution, {each.course_id for each in sessions if each.pk in taken}) if taken else {}
    return [
        Line(session, regular.get(session.course_id, "–"), "")
        if session.pk in taken
        else Line(session, "", ", ".join(others.of(session.pk, session.course_id, day)))
        for session in sessions
    ]


def _line_of(lines: list[Line], session: ClassSession | None) -> Line | None:
    return next((line for line in lines if session and line.session.pk == session.pk), None)


def _taken(membership: Membership, day: date) -> tuple[Taken, ...]:
    lessons = lessons_taken(membership, day + timedelta(days=1), day + TAKEN_AHEAD)
    if not lessons:
        return ()
    regular = regular_teachers(membership.institution, {lesson.course.pk for lesson in lessons})
    return tuple(Taken(lesson, regular.get(lesson.course.pk, "–")) for lesson in lessons)
