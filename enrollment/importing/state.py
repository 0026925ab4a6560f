"""State of a school that plans compare a file with: each table is read once, when a plan first asks for it."""

from collections.abc import Iterable
from dataclasses import dataclass
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


@dataclass
class SchoolState:
    """Rows of a school as dictionaries. namespace: of the ids that a plan gives; year: the present one's id."""

    institution: Institution
    namespace: UUID
    name_order: str
    today: date

    @cached_property
    def students(self) -> list[Row]:
        return self._rows(Student, STUDENT)

    @cached_property
    def guardians(self) -> list[Row]:
        return self._rows(Guardian, GUARDIAN)

    @cached_property
    def guardianships(self) -> list[Row]:
        return self._rows(Guardianship, GUARDIANSHIP)

    @cached_property
    def years(self) -> list[Row]:
        return self._rows(SchoolYear, SPAN)

    @cached_property
    def terms(self) -> list[Row]:
        return self._rows(Term, [*SPAN, "year_id"])

    @cached_property
    def groups(self) -> list[Row]:
        return self._rows(Group, GROUP)

    @cached_property
    def places(self) -> list[Row]:
        return self._rows(GroupPlace, ["group_id", "student_id"])

    @cached_property
    def courses(self) -> list[Row]:
        return self._rows(Course, COURSE)

    @cached_property
    def course_groups(self) -> list[Row]:
        return self._rows(CourseGroup, ["course_id", "group_id"])

    @cached_property
    def enrollments(self) -> list[Row]:
        return self._rows(Enrollment, ["course_id", "student_id", "group_id"])

    @cached_property
    def teachings(self) -> list[Row]:
        return self._rows(Teaching, ["course_id", "teacher_id"])

    @cached_property
    def members(self) -> list[Row]:
        rows = self._rows(Membership, ["role", "user__email", "user__name"])
        return [{"email": row.pop("user__email"), "name": row.pop("user__name"), **row} for row in rows]

    @cached_property
    def invitations(self) -> list[Row]:
        return self._rows(Invitation, ["email", "name", "role", "state"])

    @cached_property
    def promised(self) -> list[Row]:
        """Courses of people who were invited."""
        return self._rows(InvitedTeacher, ["course_id", "invitation_id"])

    @cached_property
    def year(self) -> str | None:
        """The id of the school year that today is in."""
        held = (row["id"] for row in self.years if row["starts_on"] <= self.today <= row["ends_on"])
        return next(held, None)

    def _rows(self, model: Any, columns: Iterable[str]) -> list[Row]:
        found = model.objects.for_institution(self.institution).order_by("pk").values("id", *columns)
        return [{name: str(x) if isinstance(x, UUID) else x for name, x in row.items()} for row in found]


def state_read(institution: Institution, namespace: UUID) -> SchoolState:
    """The state that plans read as they need it. namespace: the import's own id."""
    return SchoolState(institution, namespace, institution.name_order, timezone.localdate(timezone=institution.zone))
