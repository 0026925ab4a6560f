"""Selectors of the students that a roster is chosen from."""

from dataclasses import dataclass
from uuid import UUID

from enrollment.models import Course, Enrollment, GroupPlace, Student


@dataclass(frozen=True, slots=True)
class RosterChoice:
    """A student who can be on the roster. groups: names of their groups; through: the group that brought them here."""

    id: UUID
    name: str
    roll_number: str
    groups: str
    is_on: bool
    through: str


def read_choices(course: Course) -> list[RosterChoice]:
    """All students at the school by name, each with their groups and place on this roster. Three queries."""
    school = course.institution
    places = Enrollment.objects.for_institution(school).filter(course=course).select_related("group").order_by()
    here = {place.student_id: place.group.name if place.group else "" for place in places}
    groups: dict[UUID, list[str]] = {}
    in_groups = GroupPlace.objects.for_institution(school).filter(group__is_active=True).order_by("group__name_key")
    for student, name in in_groups.values_list("student_id", "group__name"):
        groups.setdefault(student, []).append(name)
    students = Student.objects.for_institution(school).filter(is_active=True).order_by("name_key", "roll_number")
    return [
        RosterChoice(pk, name, number, ", ".join(groups.get(pk, [])), pk in here, here.get(pk, ""))
        for pk, name, number in students.values_list("pk", "name", "roll_number")
    ]
