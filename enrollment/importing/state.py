"""State of a school that plans compare a file with, read with a constant number of queries."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.models import Institution, Invitation, Membership
from enrollment.models import (
    Course,
    CourseGroup,
    Enrollment,
    Group,
    GroupPlace,
    Guardian,
    Guardianship,
    InvitedTeacher,
    SchoolYear,
    Student,
    Teaching,
    Term,
)

Row = dict[str, Any]  # columns of a row of the database; ids as text
STUDENT = ["roll_number", "name", "given_name", "family_name", "email", "birth_date", "external_id", "is_active"]
GUARDIAN = ["name", "email", "phone", "language", "external_id"]
GUARDIANSHIP = ["guardian_id", "student_id", "relation", "may_consent", "may_contact"]
GROUP = ["name", "year_id", "grade", "external_id", "is_active", "tutor_id"]
COURSE = ["code", "name", "room", "year_id", "external_id", "is_active"]
SPAN = ["name", "starts_on", "ends_on", "external_id"]
LINKS: dict[type[Any], list[str]] = {
    GroupPlace: ["group_id", "student_id"],
    CourseGroup: ["course_id", "group_id"],
    Enrollment: ["course_id", "student_id", "group_id"],
    Teaching: ["course_id", "teacher_id"],
}


@dataclass
class SchoolState:
    """Rows of a school as dictionaries. namespace: of the ids that a plan gives; year: the present one's id."""

    namespace: UUID
    name_order: str
    today: date
    students: list[Row] = field(default_factory=list)
    guardians: list[Row] = field(default_factory=list)
    guardianships: list[Row] = field(default_factory=list)
    years: list[Row] = field(default_factory=list)
    terms: list[Row] = field(default_factory=list)
    groups: list[Row] = field(default_factory=list)
    places: list[Row] = field(default_factory=list)
    courses: list[Row] = field(default_factory=list)
    course_groups: list[Row] = field(default_factory=list)
    enrollments: list[Row] = field(default_factory=list)
    teachings: list[Row] = field(default_factory=list)
    members: list[Row] = field(default_factory=list)
    invitations: list[Row] = field(default_factory=list)
    promised: list[Row] = field(default_factory=list)  # courses of people who were invited

    @cached_property
    def year(self) -> str | None:
        """The id of the school year that today is in."""
        held = (row["id"] for row in self.years if row["starts_on"] <= self.today <= row["ends_on"])
        return next(held, None)


def state_read(institution: Institution, namespace: UUID) -> SchoolState:
    """Read what plans need. namespace: the import's own id."""

    def rows(model: Any, columns: Iterable[str]) -> list[Row]:
        found = model.objects.for_institution(institution).order_by("pk").values("id", *columns)
        return [{name: str(x) if isinstance(x, UUID) else x for name, x in row.items()} for row in found]

    members = rows(Membership, ["role", "user__email", "user__name"])
    return SchoolState(
        namespace=namespace,
        name_order=institution.name_order,
        today=timezone.localdate(timezone=institution.zone),
        students=rows(Student, STUDENT),
        guardians=rows(Guardian, GUARDIAN),
        guardianships=rows(Guardianship, GUARDIANSHIP),
        years=rows(SchoolYear, SPAN),
        terms=rows(Term, [*SPAN, "year_id"]),
        groups=rows(Group, GROUP),
        places=rows(GroupPlace, LINKS[GroupPlace]),
        courses=rows(Course, COURSE),
        course_groups=rows(CourseGroup, LINKS[CourseGroup]),
        enrollments=rows(Enrollment, LINKS[Enrollment]),
        teachings=rows(Teaching, LINKS[Teaching]),
        members=[{"email": row.pop("user__email"), "name": row.pop("user__name"), **row} for row in members],
        invitations=rows(Invitation, ["email", "name", "role", "state"]),
        promised=rows(InvitedTeacher, ["course_id", "invitation_id"]),
    )
