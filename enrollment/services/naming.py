"""Service that writes all students' names again when the school chooses another order."""

from django.db import transaction

from accounts.models import Institution
from enrollment.models import Student

AT_ONCE = 500


def students_rename(*, institution: Institution) -> int:
    """Compose the names of students whose parts are known in the school's order; returns how many changed."""
    changed = []
    students = Student.objects.for_institution(institution).exclude(given_name="", family_name="")
    for student in students.iterator(chunk_size=AT_ONCE):
        student.institution = institution
        before = student.name
        student.compose_name()
        if student.name != before:
            changed.append(student)
    with transaction.atomic():
        Student.objects.bulk_update(changed, ["name"], batch_size=AT_ONCE)
    return len(changed)
