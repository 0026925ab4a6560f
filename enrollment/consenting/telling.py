"""Telling each parent first, where the law wants it: what is on record, and its entry by hand."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from django.db import transaction

from accounts.models import User
from enrollment.access import Act, access_record, accesses_record
from enrollment.models import HAS_SAY, Guardianship, Student


def parents_told(*, students: Collection[Student], on: date, by: User) -> int:
    """Note that all parents of these students were told on a day, by letter or in person; returns their number.

    What is on record already stays as it is.
    """
    if not students:
        return 0
    school = next(iter(students)).institution
    with transaction.atomic():
        open_ = Guardianship.objects.for_institution(school).filter(
            HAS_SAY,
            student__in=[student.pk for student in students],
            told_on=None,
            untold_because="",
        )
        subjects = set(open_.values_list("student", flat=True))
        told = open_.update(told_on=on)
        accesses_record(Act.PARENTS_TOLD, institution=school, by=by, subjects=subjects)
    return told


def parent_settle(*, student: Student, guardian: UUID, on: date | None, because: str, by: User) -> None:
    """Note of one parent when they were told, or why they cannot be. Raises LookupError for nobody who decides."""
    with transaction.atomic():
        relations = Guardianship.objects.for_institution(student.institution).filter(HAS_SAY, student=student)
        if not relations.filter(guardian=guardian).update(told_on=on, untold_because=because):
            raise LookupError
        access_record(Act.PARENTS_TOLD, institution=student.institution, by=by, subject=student.pk)
