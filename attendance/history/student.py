"""A student's attendance as a page shows it: rates by course, the term as a calendar, lessons with their reasons."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from attendance.domain.marks import Mark
from attendance.domain.rates import Rate, rates_sum
from attendance.domain.statuses import Status
from attendance.rates.periods import Period, today_of, year_of
from attendance.rates.policy import policy_of
from attendance.rates.students import lessons_of, rates_by_course
from attendance.rates.words import definition
from attendance.register.page import names_of
from attendance.register.status_codes import ShownStatus, statuses_of
from attendance.repositories import marks_for
from enrollment.models import Course, Student

CALENDAR_WEEKS = 16
_WORST_FIRST = (Status.ABSENT, Status.LATE, Status.LEFT_EARLY, Status.EXCUSED, Status.PRESENT)


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
    """One line of the history."""

    mark: Mark
    said: ShownStatus
    course: str
    actor: str


@dataclass(frozen=True, slots=True)
class Day:
    """A school day of the calendar and the worst status of its marks (None: no marks)."""

    day: date
    week: int
    status: Status | None


@dataclass(frozen=True, slots=True)
class Overview:
    """Rates of the school year, all courses together and each, and the last weeks' days."""

    overall: Rate
    courses: tuple[CourseRate, ...]
    days: tuple[Day, ...]
    definition: str


@dataclass(frozen=True, slots=True)
class History:
    """A page of lessons, newest first, and the cursor of the next."""

    lessons: tuple[Lesson, ...]
    cursor: str | None


def read_history(student: Student, *, cursor: str | None) -> History:
    """A page of the student's lessons. Raises BadCursor."""
    page = marks_for(student.institution).for_student(student.pk, cursor=cursor or None, limit=20)
    courses = _course_names({mark.course_id for mark in page.marks})
    actors = names_of(mark.actor_id for mark in page.marks)
    codes = statuses_of(student.institution)
    lessons = [
        Lesson(
            mark=mark,
            said=codes.of_mark(mark),
            course=courses[mark.course_id],
            actor=actors.get(mark.actor_id, ""),
        )
        for mark in page.marks
    ]
    return History(tuple(lessons), page.cursor)


def read_overview(student: Student) -> Overview:
    """The student's rates of the school year by course, and the calendar of the last weeks."""
    rates, policy = tuple(read_rates(student)), policy_of(student.institution)
    overall = rates_sum((one.rate for one in rates), policy)
    return Overview(overall, rates, _calendar(student), definition(policy))


def read_rates(student: Student) -> list[CourseRate]:
    """The student's attendance of each course in the school year, by the courses' names."""
    institution = student.institution
    found = rates_by_course(lessons_of(student, year_of(institution)), policy_of(institution))
    courses = Course.objects.for_institution(institution).filter(pk__in=found).order_by("name_key", "pk")
    return [CourseRate(course, found[course.pk]) for course in courses]


def _course_names(ids: object) -> dict[UUID, str]:
    return dict(Course.objects.filter(pk__in=list(ids)).values_list("pk", "name"))  # type: ignore[call-overload]


def _calendar(student: Student) -> tuple[Day, ...]:
    """The last weeks, Monday to Friday, and Saturdays and Sundays on which there were lessons."""
    today = today_of(student.institution)
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
    return next((status for status in _WORST_FIRST if status in statuses), None)
