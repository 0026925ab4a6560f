"""A student's attendance as a page shows it: rates by course, the term as a calendar, lessons with their reasons."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from attendance.disputes.selectors import disputes_of_lessons
from attendance.domain.marks import Mark
from attendance.domain.rates import Rate, RatePolicy
from attendance.domain.statuses import WORST_FIRST, Status
from attendance.excuses.explaining import explanations_of
from attendance.history.choosing import Choice
from attendance.lessons.selectors import OPEN_STATES
from attendance.models import ClassSession, Dispute, Excuse
from attendance.rates.periods import Period, today_of, year_of
from attendance.rates.policy import policy_of
from attendance.rates.students import StudentRates, lessons_of, rates_in
from attendance.rates.words import definition
from attendance.register.page import names_of
from attendance.register.status_codes import ShownStatus, statuses_of
from attendance.repositories import marks_for
from attendance.repositories.base import BadCursor
from enrollment.models import Course, Student

CALENDAR_WEEKS = 16
MISSED = (Status.ABSENT, Status.EXCUSED)
EVERYTHING = Choice()
_ALL_TIME = Period("", "", date(2000, 1, 1), date(2999, 12, 31))
_A_PAGE = 20


@dataclass(frozen=True, slots=True)
class CourseRate:
    """A student's rate in a course."""

    course: Course
    rate: Rate

    @property
    def name(self) -> str:
        return self.course.name


@dataclass(frozen=True, slots=True)
class Lesson:
    """One line of the history. dispute, excuse: what the family has said of it.

    is_open: the register is still being taken.
    """

    mark: Mark
    said: ShownStatus
    course: str
    actor: str
    dispute: Dispute | None = None
    excuse: Excuse | None = None
    is_open: bool = False

    @property
    def is_explainable(self) -> bool:
        """True for an absence of which nobody has said why."""
        return self.mark.status is Status.ABSENT and self.excuse is None


@dataclass(frozen=True, slots=True)
class Day:
    """A school day of the calendar and the worst status of its marks (None: no marks)."""

    day: date
    week: int
    status: Status | None


@dataclass(frozen=True, slots=True)
class Overview:
    """Rates of the school year, all lessons together, each course, and visits to others; and the last weeks' days."""

    overall: Rate
    courses: tuple[CourseRate, ...]
    as_guest: Rate
    days: tuple[Day, ...]
    definition: str


@dataclass(frozen=True, slots=True)
class History:
    """A page of lessons, newest first, and the cursor of the next."""

    lessons: tuple[Lesson, ...]
    cursor: str | None


def read_history(student: Student, *, cursor: str | None, choice: Choice = EVERYTHING) -> History:
    """A page of the student's lessons that a choice leaves. Raises BadCursor."""
    if choice.period is None and not choice.only_missed:
        page = marks_for(student.institution).for_student(student.pk, cursor=cursor or None, limit=_A_PAGE)
        return History(_lessons(student, page.marks), page.cursor)
    sessions, at = _sessions_chosen(student, choice), _place(cursor)
    shown = sessions[at : at + _A_PAGE]
    marks = marks_for(student.institution).for_sessions(shown)
    found = [marks[session][student.pk] for session in shown if student.pk in marks[session]]
    left = len(sessions) > at + _A_PAGE
    return History(_lessons(student, found), str(at + _A_PAGE) if left else None)


def _sessions_chosen(student: Student, choice: Choice) -> list[UUID]:
    """Lessons with a mark of the student's that the choice leaves, the newest first."""
    lessons = lessons_of(student, choice.period or _ALL_TIME)
    return [lesson.session_id for lesson in reversed(lessons) if not choice.only_missed or lesson.mark.status in MISSED]


def _place(cursor: str | None) -> int:
    """The place in a list that was chosen from. Raises BadCursor."""
    if not cursor:
        return 0
    if not cursor.isdecimal() or len(cursor) > 6:
        raise BadCursor
    return int(cursor)


def _lessons(student: Student, marks: Sequence[Mark]) -> tuple[Lesson, ...]:
    """The lines of these marks: their courses, who made them, and what the family has said of them."""
    sessions = [mark.session_id for mark in marks]
    courses = _course_names({mark.course_id for mark in marks})
    actors = names_of(mark.actor_id for mark in marks)
    codes = statuses_of(student.institution)
    disputes = disputes_of_lessons(student, sessions)
    held = {each.pk: each for each in ClassSession.objects.filter(pk__in=sessions).select_related("institution")}
    excuses = _excuses(student, held.values())
    return tuple(
        Lesson(
            mark=mark,
            said=codes.of_mark(mark),
            course=courses[mark.course_id],
            actor=actors.get(mark.actor_id, ""),
            dispute=disputes.get(mark.session_id),
            excuse=excuses.get(mark.session_id) if mark.status in MISSED else None,
            is_open=mark.session_id in held and held[mark.session_id].state in OPEN_STATES,
        )
        for mark in marks
    )


def _excuses(student: Student, sessions: Collection[ClassSession]) -> dict[UUID, Excuse]:
    """The student's excuses for these lessons. One query."""
    if not sessions:
        return {}
    days = [session.local_date for session in sessions]
    found = explanations_of(student.institution, first=min(days), last=max(days), students=[student.pk])
    excuses = {session.pk: found.of(student.pk, session) for session in sessions}
    return {pk: excuse for pk, excuse in excuses.items() if excuse}


def read_overview(student: Student, choice: Choice = EVERYTHING) -> Overview:
    """The student's rates by course of the chosen period (else the school year), and the calendar of its last weeks."""
    policy, today = policy_of(student.institution), today_of(student.institution)
    rates = _rates(student, choice, policy)
    last = min(today, choice.period.last) if choice.period else today
    courses = tuple(_by_name(student, rates))
    return Overview(rates.total, courses, rates.as_guest, _calendar(student, last), definition(policy))


def read_rates(student: Student, choice: Choice = EVERYTHING) -> list[CourseRate]:
    """The student's attendance of each course in the chosen period or the school year, by the courses' names."""
    return _by_name(student, _rates(student, choice, policy_of(student.institution)))


def _rates(student: Student, choice: Choice, policy: RatePolicy) -> StudentRates:
    return rates_in(lessons_of(student, choice.period or year_of(student.institution)), policy)


def _by_name(student: Student, rates: StudentRates) -> list[CourseRate]:
    courses = Course.objects.for_institution(student.institution).filter(pk__in=rates.courses)
    return [CourseRate(course, rates.courses[course.pk]) for course in courses.order_by("name_key", "pk")]


def _course_names(ids: object) -> dict[UUID, str]:
    return dict(Course.objects.filter(pk__in=list(ids)).values_list("pk", "name"))  # type: ignore[call-overload]


def _calendar(student: Student, today: date) -> tuple[Day, ...]:
    """The weeks until a day, Monday to Friday, and Saturdays and Sundays on which there were lessons."""
    first = today - timedelta(days=today.weekday(), weeks=CALENDAR_WEEKS - 1)
    held: dict[date, set[Status]] = {}
    for lesson in lessons_of(student, Period("", "", first, today)):
        held.setdefault(lesson.day, set()).add(lesson.mark.status)
    days = [first + timedelta(days=n) for n in range((today - first).days + 1)]
    return tuple(
        Day(day, (day - first).days // 7, _worst(held.get(day, set())))
        for day in days
        if day.weekday() < 5 or day in held
    )


def _worst(statuses: set[Status]) -> Status | None:
    return next((status for status in WORST_FIRST if status in statuses), None)
