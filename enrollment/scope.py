"""Scope of a page about students: the whole school, a group, a course, or chosen students."""

from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, QueryDict
from django.shortcuts import get_object_or_404

from accounts.models import Institution
from enrollment.models import Course, Group, Student


@dataclass(frozen=True, slots=True)
class Scope:
    """Students of one school that a page is about. name: of the group or course; empty for the whole school."""

    institution: Institution
    group: Group | None = None
    course: Course | None = None
    chosen: frozenset[UUID] | None = None

    @property
    def name(self) -> str:
        return str(self.group or self.course or "")

    @property
    def query(self) -> str:
        """Part of an address that leads to the same group or course: "group=…", or empty."""
        return urlencode(dict(self.fields))

    @property
    def fields(self) -> list[tuple[str, str]]:
        """Names and values of the hidden fields of a form."""
        pairs = [("group", self.group), ("course", self.course)]
        return [(name, str(row.pk)) for name, row in pairs if row is not None]

    @property
    def students(self) -> QuerySet[Student]:
        """The active students, by name."""
        rows = Student.objects.for_institution(self.institution).filter(is_active=True)
        if self.group is not None:
            rows = rows.filter(group_places__group=self.group)
        if self.course is not None:
            rows = rows.filter(enrollments__course=self.course)
        if self.chosen is not None:
            rows = rows.filter(pk__in=self.chosen)
        return rows.order_by("name_key", "roll_number")

    def only(self, chosen: Collection[UUID]) -> "Scope":
        """The chosen of these students; all of them if none is chosen."""
        return Scope(self.institution, self.group, self.course, frozenset(chosen)) if chosen else self


def scope_of(institution: Institution, data: QueryDict) -> Scope:
    """The scope that an address or a form names by `group`, `course` and `student`.

    Raises Http404 for another school's, and for an id that is none.
    """
    group, course = _id(data.get("group")), _id(data.get("course"))
    scope = Scope(
        institution,
        get_object_or_404(Group.objects.for_institution(institution), pk=group) if group else None,
        get_object_or_404(Course.objects.for_institution(institution), pk=course) if course else None,
    )
    chosen = [pk for text in data.getlist("student") if (pk := _id(text))]
    return scope.only(chosen)


def _id(text: str | None) -> UUID | None:
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError as error:
        raise Http404 from error
