"""Selectors of the students that a roster is chosen from."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from accounts.models import Institution
from accounts.names import folded
from enrollment.models import Course, Enrollment, GroupPlace, Student

MOST_LISTED = 2_000  # students of a school that lists all of them
MOST_FOUND = 200
_COLUMNS = ("pk", "name", "roll_number")


@dataclass(frozen=True, slots=True)
class RosterChoice:
    """A student who can be on the roster. groups: names of their groups; through: the group that brought them here."""

    id: UUID
    name: str
    roll_number: str
    groups: str
    is_on: bool
    through: str


@dataclass(frozen=True, slots=True)
class RosterChoices:
    """The students to choose from. is_part: of a large school those on the roster, and those who were searched for."""

    rows: list[RosterChoice]
    is_part: bool = False


def read_choices(course: Course, text: str = "") -> RosterChoices:
    """Students at the school by name, each with their groups and place on this roster; at most five queries.

    text: a part of names or roll numbers, by which a large school's are searched.
    """
    school = course.institution
    places = Enrollment.objects.for_institution(school).filter(course=course).select_related("group").order_by()
    here = {place.student_id: place.group.name if place.group else "" for place in places}
    students = Student.objects.for_institution(school).filter(is_active=True).order_by("name_key", "roll_number")
    found = list(students.values_list(*_COLUMNS)[: MOST_LISTED + 1])
    is_part = len(found) > MOST_LISTED
    if is_part:
        found = list(students.filter(enrollments__course=course).values_list(*_COLUMNS))
        sought = students.filter(Q(name_key__contains=folded(text)) | Q(roll_number__icontains=text)).exclude(
            pk__in=here
        )
        found = [*(sought.values_list(*_COLUMNS)[:MOST_FOUND] if text else ()), *found]
    groups = _groups(school, [pk for pk, *_more in found] if is_part else None)
    return RosterChoices(
        [
            RosterChoice(pk, name, number, ", ".join(groups.get(pk, [])), pk in here, here.get(pk, ""))
            for pk, name, number in found
        ],
        is_part,
    )


def _groups(school: Institution, among: Collection[UUID] | None) -> dict[UUID, list[str]]:
    """Names of the students' groups. among: these students; None: all. One query."""
    groups: dict[UUID, list[str]] = {}
    places = GroupPlace.objects.for_institution(school).filter(group__is_active=True).order_by("group__name_key")
    places = places if among is None else places.filter(student__in=among)
    for student, name in places.values_list("student_id", "group__name"):
        groups.setdefault(student, []).append(name)
    return groups
