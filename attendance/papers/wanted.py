"""A matrix that somebody wants as a file: whose, of which term, in which form; and reading it."""

from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import QuerySet

from accounts.counting import numbers_of
from accounts.models import Institution
from attendance.models import ClassSession
from attendance.papers.typesetting import file_name
from attendance.rates.periods import Period, chosen, periods_of
from attendance.reports.courses import course_matrix
from attendance.reports.groups import group_matrix
from attendance.reports.matrix import Matrix
from enrollment.models import Course, Enrollment, Group, GroupPlace

FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}


@dataclass(frozen=True, slots=True)
class WantedMatrix:
    """A course's or a group's matrix (`of`: "course" or "group") of a period, as "csv", "xlsx" or "pdf".

    order: of the students, see `matrix.in_order`. wished: the sheet, see `typesetting.paper_size`.
    separator: of a CSV file, see `spreadsheets.separator`.
    """

    of: str
    pk: UUID
    name: str
    period: str
    form: str
    order: str = ""
    wished: str = ""
    separator: str = ""

    def as_json(self) -> dict[str, Any]:
        """The same as a job keeps it: without the name of the course or group."""
        names = ("of", "period", "form", "order", "wished", "separator")
        return {name: getattr(self, name) for name in names} | {"pk": str(self.pk)}

    @property
    def file(self) -> str:
        """Name of the download."""
        return f"{file_name(self.name)}.{self.form}"


def wanted_again(institution: Institution, kept: Any) -> WantedMatrix | None:
    """A matrix as a job has kept it; None where the course or group is gone."""
    rows: Any = Course.objects if kept["of"] == "course" else Group.objects
    found = rows.for_institution(institution).filter(pk=kept["pk"]).first()
    return None if found is None else WantedMatrix(**{**kept, "pk": found.pk, "name": found.name})


def matrix_read(institution: Institution, wanted: WantedMatrix, period: Period) -> Matrix:
    """The matrix. Raises StoreUnavailable; Course.DoesNotExist, Group.DoesNotExist."""
    if wanted.of == "course":
        courses = Course.objects.for_institution(institution).select_related("institution")
        return course_matrix(courses.get(pk=wanted.pk), period)
    groups = Group.objects.for_institution(institution).select_related("institution")
    return group_matrix(groups.get(pk=wanted.pk), period)


class Size(NamedTuple):
    """The size of a matrix, about: marks that are read, and cells of its table. A group's has a column a day."""

    marks: int
    cells: int


def size_of(institution: Institution, wanted: WantedMatrix, period: Period) -> Size:
    """About the size of a matrix, in one query and without reading any mark."""
    students: QuerySet[Any] = Enrollment.objects.for_institution(institution).filter(course=wanted.pk)
    courses: Any = [wanted.pk]
    if wanted.of == "group":
        students = GroupPlace.objects.for_institution(institution).filter(group=wanted.pk)
        enrolled = Enrollment.objects.filter(student__in=students.order_by().values("student"))
        courses = enrolled.order_by().values("course")
    lessons = ClassSession.objects.for_institution(institution).filter(
        course__in=courses, local_date__range=(period.first, period.last)
    )
    numbers = numbers_of(institution, students=students, lessons=lessons)
    columns = numbers["lessons"]
    if wanted.of == "group":
        columns = min(columns, (period.last - period.first).days + 1)
    return Size(numbers["students"] * numbers["lessons"], numbers["students"] * columns)


def period_of(institution: Institution, wanted: WantedMatrix) -> Period:
    """The term or year."""
    return chosen(periods_of(institution), wanted.period)
