"""Access to reports: 404 for what a visitor may not see."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404

from accounts.access import require_staff
from accounts.http import SchoolRequest
from accounts.models import Membership, Role
from attendance.excuses.selectors import students_tutored
from enrollment.models import Enrollment, Group, GroupPlace, Student
from enrollment.selectors import courses_of, groups_of


def get_group_or_404(request: SchoolRequest, group_id: UUID) -> Group:
    """A group of the tutor's, any for the office. Raises PermissionDenied for others than staff, Http404."""
    group = get_object_or_404(groups_of(require_staff(request)), pk=group_id)
    group.institution = request.institution  # at hand: it need not be read again
    return group


def get_student_or_404(request: SchoolRequest, student_id: UUID) -> Student:
    """A student of the visitor's courses or groups, any for the office. Raises PermissionDenied, Http404."""
    student = get_object_or_404(students_visible_to(require_staff(request)), pk=student_id)
    student.institution = request.institution
    return student


def students_visible_to(membership: Membership) -> QuerySet[Student]:
    """The students whose page a member of staff may open: all for the office, those they teach or are tutor of."""
    students = Student.objects.for_institution(membership.institution)
    if membership.role == Role.ADMIN:
        return students
    taught = Enrollment.objects.filter(course__in=courses_of(membership)).order_by().values("student")
    tutored = GroupPlace.objects.filter(group__tutor=membership, group__is_active=True).order_by().values("student")
    return students.filter(pk__in=taught.union(tutored))  # read by their ids: a condition with "or" scans all students


def students_open(membership: Membership, among: Collection[UUID]) -> set[UUID]:
    """Those of the school's students whose page a member of staff may open: all of them for the office, unasked."""
    if membership.role == Role.ADMIN:
        return set(among)
    return set(students_visible_to(membership).filter(pk__in=among).values_list("pk", flat=True))


def sees_all_of(membership: Membership, student: Student) -> bool:
    """True for the office and the student's tutor: all courses, contacts, and everybody's notes."""
    if membership.role == Role.ADMIN:
        return True
    return bool(students_tutored(membership, [student.pk]))
