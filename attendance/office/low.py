"""Students whose attendance is low, or who have been absent for days in a row."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import Institution
from attendance.domain.rates import Rate
from attendance.domain.statuses import Status
from attendance.domain.trends import StudentFigures
from attendance.rates.periods import Period, chosen, periods_of
from attendance.rates.policy import policy_of
from attendance.trends.figures import figures_of
from enrollment.models import Student
from enrollment.selectors import group_name


@dataclass(frozen=True, slots=True)
class LowLine:
    """A student with their figures of the term, and the rate of these."""

    student: Student
    group: str
    figures: StudentFigures
    rate: Rate

    @property
    def bar(self) -> list[tuple[str, int]]:
        """The lessons attended and missed, as the bar draws them."""
        return [(Status.PRESENT, self.rate.attended), (Status.ABSENT, self.rate.missed)]


@dataclass(frozen=True, slots=True)
class LowAttendance:
    """The term's lists by the school's thresholds: a low rate, lowest first; days absent in a row, longest first."""

    period: Period
    low: tuple[LowLine, ...]
    in_a_row: tuple[LowLine, ...]


def read_low(institution: Institution) -> LowAttendance:
    """Low attendance and absences in a row of the present term. Raises StoreUnavailable."""
    period = chosen(periods_of(institution), None)
    figures = figures_of(institution, period, policy_of(institution)).trends.students
    low = [pk for pk, each in figures.items() if _rate(each, institution).is_low]
    rows = [pk for pk, each in figures.items() if each.streak >= institution.streak_days]
    lines = {line.student.pk: line for line in _lines(institution, {*low, *rows}, figures)}
    low.sort(key=lambda pk: figures[pk].attended / figures[pk].counted)
    rows.sort(key=lambda pk: -figures[pk].streak)
    return LowAttendance(
        period,
        tuple(lines[pk] for pk in low if pk in lines),
        tuple(lines[pk] for pk in rows if pk in lines),
    )


def _rate(each: StudentFigures, institution: Institution) -> Rate:
    return Rate(attended=each.attended, counted=each.counted, threshold=institution.attendance_threshold)


def _lines(institution: Institution, ids: Collection[UUID], figures: Mapping[UUID, StudentFigures]) -> list[LowLine]:
    rows: QuerySet[Any] = Student.objects.for_institution(institution).filter(pk__in=ids, is_active=True)
    return [
        LowLine(student, student.group, figures[student.pk], _rate(figures[student.pk], institution))
        for student in rows.annotate(group=group_name())
    ]
