"""Service for a course's roster."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from enrollment.models import Course, Enrollment, Student


@dataclass(frozen=True, slots=True)
class RosterChange:
    """Numbers of students who were put onto a roster, and taken off it."""

    added: int
    removed: int


def roster_change(*, course: Course, add: Collection[UUID], remove: Collection[UUID]) -> RosterChange:
    """Put students onto the course's roster and take others off.

    Students of another school, or who have left, are not added; one whom a group brought stays until the group goes.
    Those who are on it already stay: two administrators can work at once.
    """
    school = course.institution
    students = Student.objects.for_institution(school).filter(pk__in=add, is_active=True)
    with transaction.atomic():
        rows = Enrollment.objects.for_institution(school).filter(course=course)
        present = set(rows.values_list("student_id", flat=True))
        new = [student for student in students if student.pk not in present]
        Enrollment.objects.bulk_create(
            [Enrollment(institution=school, course=course, student=student) for student in new], ignore_conflicts=True
        )
        removed, _by_model = rows.filter(student_id__in=remove, group=None).delete()
    return RosterChange(added=len(new), removed=removed)
