"""A school's figures over a term, computed from its registers and kept for some minutes."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from django.core.cache import cache
from django.utils import timezone

from accounts.models import Institution
from attendance.domain.marks import BriefMark
from attendance.domain.rates import RatePolicy
from attendance.domain.trends import (
    Figure,
    Path,
    TrendLesson,
    Trends,
    audience_of,
    courses_apart,
    monday_of,
    stands_apart,
    trends_of,
    withheld,
)
from attendance.lessons.timetable import today_of
from attendance.models import ClassSession
from attendance.rates.periods import Period
from attendance.rates.registers import LessonRegister, counted_between
from enrollment.models import Course, Group, GroupPlace

KEPT, KEPT_WHEN_OVER = 10 * 60, 12 * 60 * 60  # seconds; of a term that is over little changes


@dataclass(frozen=True, slots=True)
class Part:
    """The part of a school whose figures are asked for: at most one of a year group, a form group and a course."""

    year_group: str = ""
    form_group: UUID | None = None
    course: UUID | None = None

    @property
    def is_single(self) -> bool:
        """True for one course or form group: figures of others, and of how its registers are taken, are left out."""
        return bool(self.form_group or self.course)


WHOLE = Part()


@dataclass(frozen=True, slots=True)
class Timeliness:
    """Registers of lessons that are over: closed by the end of the lesson, closed later, and not taken."""

    on_time: int = 0
    late: int = 0
    missing: int = 0

    @property
    def total(self) -> int:
        return self.on_time + self.late + self.missing

    @property
    def percent(self) -> float | None:
        """Those closed by the end of the lesson, in per cent."""
        return 100 * self.on_time / self.total if self.total else None


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures of a span: the trends, how timely registers were by week and today, and when this was.

    alone: the courses that may be shown by themselves beside each figure of the whole school; {} for a part of it.
    """

    trends: Trends
    at: datetime
    today: Timeliness = field(default_factory=Timeliness)
    registers: dict[date, Timeliness] = field(default_factory=dict)
    alone: dict[Figure, set[UUID]] = field(default_factory=dict)


def figures_of(institution: Institution, period: Period, policy: RatePolicy, part: Part = WHOLE) -> Figures:
    """A term's figures, at most ten minutes old; half a day where the term ended over a week ago.

    Raises StoreUnavailable.
    """
    about = hashlib.sha256(repr((period, policy, part)).encode()).hexdigest()[:20]
    key = f"trends:{institution.pk}:{about}"
    found = cache.get(key)
    if found is None:
        found = _computed(institution, period, policy, part)
        is_over = period.last < today_of(institution) - timedelta(days=7)
        cache.set(key, found, KEPT_WHEN_OVER if is_over else KEPT)
    return found


def year_groups_of(institution: Institution) -> dict[UUID, str]:
    """Each student's year group: the level of their group, or its name where it has no level. One query."""
    return {student_id: year for student_id, (year, _group) in _paths(institution).items()}


def _paths(institution: Institution) -> dict[UUID, tuple[str, UUID]]:
    """Year group and group of each student, also of those who have left: their marks still count. One query."""
    places = GroupPlace.objects.for_institution(institution).filter(group__is_active=True)
    rows = places.order_by("-group__name_key").values_list("student_id", "group_id", "group__grade", "group__name")
    return {student_id: (grade or name, group_id) for student_id, group_id, grade, name in rows}


def _computed(institution: Institution, period: Period, policy: RatePolicy, part: Part) -> Figures:
    whole = figures_of(institution, period, policy) if part.course else None
    courses = [part.course] if part.course else _all_courses(institution)
    registers = counted_between(institution, courses, first=period.first, last=period.last)
    paths, now = _paths(institution), timezone.now()
    only = _students(institution, part, paths)
    lessons = _lessons(registers, institution, is_course=bool(part.course))
    group_of = {pk: year for pk, (year, _group) in paths.items()}
    trends = trends_of(_only(lessons, only), group_of, policy)
    alone: dict[Figure, set[UUID]] = {}
    if whole is not None:
        trends = withheld(trends, lambda figure: part.course in whole.alone.get(figure, ()))
    elif only is not None:
        trends = withheld(trends, _apart(institution, part, audience_of(lessons, policy), paths, only))
    else:
        alone = courses_apart(lessons, policy)
    return Figures(
        trends=trends,
        at=now,
        today=_timeliness([r.session for r in registers if r.session.local_date == today_of(institution)], now),
        registers=_by_week([register.session for register in registers], now),
        alone=alone,
    )


def _apart(
    institution: Institution,
    part: Part,
    audience: Mapping[Figure, set[UUID]],
    paths: Mapping[UUID, tuple[str, UUID]],
    only: set[UUID],
) -> Callable[[Figure], bool]:
    """The test of a figure of a year or form group: true if it may be shown beside that of the whole school."""
    path: Path = (part.year_group,)
    if part.form_group:
        group = Group.objects.for_institution(institution).get(pk=part.form_group)
        path = (group.grade or group.name, group.pk)
    path_of: dict[UUID, Path] = {**paths, **dict.fromkeys(only, path)}
    return lambda figure: stands_apart(audience.get(figure, ()), path_of, path)


def _all_courses(institution: Institution) -> list[UUID]:
    return list(Course.objects.for_institution(institution).values_list("pk", flat=True))


def _students(institution: Institution, part: Part, paths: Mapping[UUID, tuple[str, UUID]]) -> set[UUID] | None:
    """The students whose marks alone count in a part; None: everybody's."""
    if part.year_group:
        return {pk for pk, (year, _group) in paths.items() if year == part.year_group}
    if part.form_group:
        places = GroupPlace.objects.for_institution(institution).filter(group=part.form_group)
        return set(places.values_list("student_id", flat=True))
    return None


def _lessons(registers: list[LessonRegister], institution: Institution, *, is_course: bool) -> list[TrendLesson]:
    zone = institution.zone
    return [
        TrendLesson(
            register.session.course_id,
            register.session.local_date,
            register.session.starts_at.astimezone(zone).time(),
            register.own if is_course else register.marks,
            register.guests,
        )
        for register in registers
        if register.is_counted
    ]


def _only(lessons: Sequence[TrendLesson], only: set[UUID] | None) -> Sequence[TrendLesson]:
    """The lessons with the marks of these students alone."""
    return lessons if only is None else [each._replace(marks=_marks(each.marks, only)) for each in lessons]


def _marks(marks: Mapping[UUID, BriefMark], only: set[UUID]) -> Mapping[UUID, BriefMark]:
    return {pk: mark for pk, mark in marks.items() if pk in only}


def _timeliness(sessions: list[ClassSession], now: datetime) -> Timeliness:
    on_time = late = missing = 0
    for session in sessions:
        if session.state == ClassSession.State.CANCELLED or session.ends_at > now:
            continue
        if session.state != ClassSession.State.CLOSED or session.closed_at is None:
            missing += 1
        elif session.closed_at <= session.ends_at:
            on_time += 1
        else:
            late += 1
    return Timeliness(on_time, late, missing)


def _by_week(sessions: list[ClassSession], now: datetime) -> dict[date, Timeliness]:
    weeks: dict[date, list[ClassSession]] = {}
    for session in sessions:
        weeks.setdefault(monday_of(session.local_date), []).append(session)
    return {monday: _timeliness(found, now) for monday, found in sorted(weeks.items())}
