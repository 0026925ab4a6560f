"""A student's attendance as a page shows it: rates by course, the term as a calendar, lessons with their reasons."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from attendance.disputes.selectors import disputes_of_lessons
from attendance.domain.marks import Mark
from attendance.domain.rates import Rate, RatePolicy
from attendance.domain.statuses import WORST_FIRST, Status
from attendance.history.choosing import Choice
from attendance.lessons.selectors import OPEN_STATES
from attendance.lessons.timetable import today_of
from attendance.models import ClassSession, Dispute, Excuse, StatusCode
from attendance.rates.periods import Period, year_of
from attendance.rates.policy import policy_in, policy_of
from attendance.rates.students import StudentLesson, StudentRates, lessons_in, lessons_of, rates_in
from attendance.register.explaining import explanations_of
from attendance.register.page import names_of
from attendance.register.status_codes import SchoolStatuses, ShownStatus, statuses_in, statuses_of
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
    policy: RatePolicy


@dataclass(frozen=True, slots=True)
class History:
    """A page of lessons, newest first, and the cursor of the next."""

    lessons: tuple[Lesson, ...]
    cursor: str | None


def read_page(student: Student, *, cursor: str | None = None, choice: Choice = EVERYTHING) -> tuple[History, Overview]:
    """A page of the student's lessons that a choice leaves, and what stands above it.

    The student's lessons and the school's codes are read once for both. Raises BadCursor.
    """
    rows = list(StatusCode.objects.for_institution(student.institution))
    chosen = _ALL_TIME if choice.period is None and choice.only_missed else choice.period
    counted, weeks = choice.period or year_of(student.institution), _weeks(student, choice)
    lessons, of_choice, of_weeks = lessons_in(student, counted, chosen, weeks)
    history = _history(student, of_choice, cursor, choice, statuses_in(rows))
    policy = policy_in(student.institution, rows)
    rates = rates_in(lessons, policy)
    courses, days = tuple(_by_name(student, rates)), _calendar(of_weeks, weeks)
    return history, Overview(rates.total, courses, rates.as_guest, days, policy)


def read_history(student: Student, *, cursor: str | None, choice: Choice = EVERYTHING) -> History:
    """A page of the student's lessons that a choice leaves. Raises BadCursor."""
    lessons = [] if _is_everything(choice) else lessons_of(student, choice.period or _ALL_TIME)
    return _history(student, lessons, cursor, choice, statuses_of(student.institution))


def _is_everything(choice: Choice) -> bool:
    return choice.period is None and not choice.only_missed


def _history(
    student: Student, lessons: Sequence[StudentLesson], cursor: str | None, choice: Choice, codes: SchoolStatuses
) -> History:
    """lessons: those of the choice's period."""
    store = marks_for(student.institution)
    if _is_everything(choice):
        page = store.for_student(student.pk, cursor=cursor or None, limit=_A_PAGE)
        return History(_lessons(student, page.marks, codes), page.cursor)
    at, left = _place(cursor), [one for one in reversed(lessons) if not choice.only_missed or _is_missed(one)]
    shown = [one.session_id for one in left[at : at + _A_PAGE]]
    marks = store.student_marks_in(student.pk, shown)
    found = [marks[session] for session in shown if session in marks]
    return History(_lessons(student, found, codes), str(at + _A_PAGE) if len(left) > at + _A_PAGE else None)


def _is_missed(lesson: StudentLesson) -> bool:
    return lesson.mark.status in MISSED


def _place(cursor: str | None) -> int:
    """The place in a list that was chosen from. Raises BadCursor."""
    if not cursor:
        return 0
    if not cursor.isdecimal() or len(cursor) > 6:
        raise BadCursor
    return int(cursor)


def _lessons(student: Student, marks: Sequence[Mark], codes: SchoolStatuses) -> tuple[Lesson, ...]:
    """The lines of these marks: their courses, who made them, and what the family has said of them."""
    if not marks:
        return ()
    sessions = [mark.session_id for mark in marks]
    actors = names_of(mark.actor_id for mark in marks)
    disputes = disputes_of_lessons(student, sessions)
    rows = ClassSession.objects.for_institution(student.institution).select_related("institution", "course")
    held = rows.in_bulk(sessions)
    excuses = _excuses(student, held.values())
    return tuple(
        Lesson(
            mark=mark,
            said=codes.of_mark(mark),
            course=held[mark.session_id].course.name,
            actor=actors.get(mark.actor_id, ""),
            dispute=disputes.get(mark.session_id),
            excuse=excuses.get(mark.session_id) if mark.status in MISSED else None,
            is_open=held[mark.session_id].state in OPEN_STATES,
        )
        for mark in marks
        if mark.session_id in held
    )


def _excuses(student: Student, sessions: Collection[ClassSession]) -> dict[UUID, Excuse]:
    """The student's excuses for these lessons. One query."""
    if not sessions:
        return {}
    days = [session.local_date for session in sessions]
    found = explanations_of(student.institution, first=min(days), last=max(days), students=[student.pk])
    excuses = {session.pk: found.of(student.pk, session) for session in sessions}
    return {pk: excuse for pk, excuse in excuses.items() if excuse}


def read_rates(student: Student, choice: Choice = EVERYTHING) -> list[CourseRate]:
    """The student's attendance of each course in the chosen period or the school year, by the courses' names."""
    lessons = lessons_of(student, choice.period or year_of(student.institution))
    return _by_name(student, rates_in(lessons, policy_of(student.institution)))


def _by_name(student: Student, rates: StudentRates) -> list[CourseRate]:
    courses = Course.objects.for_institution(student.institution).filter(pk__in=rates.courses)
    return [CourseRate(course, rates.courses[course.pk]) for course in courses.order_by("name_key", "pk")]


def _weeks(student: Student, choice: Choice) -> Period:
    """The last weeks until today, or until the end of the chosen period."""
    today = today_of(student.institution)
    last = min(today, choice.period.last) if choice.period else today
    return Period("", "", last - timedelta(days=last.weekday(), weeks=CALENDAR_WEEKS - 1), last)


def _calendar(lessons: Sequence[StudentLesson], weeks: Period) -> tuple[Day, ...]:
    """The weeks, Monday to Friday, and Saturdays and Sundays on which there were lessons."""
    first, last = weeks.first, weeks.last
    held: dict[date, set[Status]] = {}
    for lesson in lessons:
        held.setdefault(lesson.day, set()).add(lesson.mark.status)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return tuple(
        Day(day, (day - first).days // 7, _worst(held.get(day, set())))
        for day in days
        if day.weekday() < 5 or day in held
    )


def _worst(statuses: set[Status]) -> Status | None:
    return next((status for status in WORST_FIRST if status in statuses), None)
