"""The consent gate: students whose face may be compared or enrolled, read from the database when it counts.

It is asked before an engine is called, and again when the answer is written, in the same transaction: `…_held` prevents
a withdrawal or a leaving until that has ended. PostgreSQL locks the rows; SQLite has one writer.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from accounts.models import Institution
from enrollment.domain.consents import rules_of
from enrollment.errors import EnrollmentError
from enrollment.models import Consent, FacePhoto, Student
from enrollment.selectors import students_with_consent, waits_for_parents


def searchable(institution: Institution, among: Collection[UUID] | None = None) -> set[UUID]:
    """Students who may be compared with a face, restricted to `among` unless it is None.

    They are at the school and have a valid consent, and nothing of an earlier one is still to be erased; each parent
    was told where the law wants it. None if the school has taking attendance by face off.
    """
    if not institution.faces_enabled:
        return set()
    students = students_with_consent(institution, among).filter(institution__faces_enabled=True)
    if rules_of(institution.law).every_parent:
        students = students.exclude(waits_for_parents())
    return set(students.exclude(_is_being_erased()).order_by().values_list("pk", flat=True))


def _is_being_erased() -> Q:
    return Q(Exists(FacePhoto.objects.filter(student=OuterRef("pk"), state=FacePhoto.State.WITHDRAWN)))


def searchable_held(institution: Institution, among: Collection[UUID]) -> set[UUID]:
    """As `searchable`, to be called in a transaction: until it ends none of them withdraws or leaves."""
    if not connection.features.has_select_for_update:  # one writer: the transaction itself keeps everyone else away
        return searchable(institution, among)
    consents = Consent.objects.for_institution(institution).valid().filter(student_id__in=among)
    students = Student.objects.for_institution(institution).filter(pk__in=among, is_active=True)
    # Everybody locks in one order, so that they wait for each other instead of blocking each other: a student before
    # their consents, as everyone who records an answer does.
    list(students.select_for_update(of=("self",), no_key=True).order_by("pk"))
    list(consents.select_for_update(of=("self",), no_key=True).order_by("pk"))
    return searchable(institution, among)


def require_enrollable(student: Student, photographed_at: datetime | None = None) -> None:
    """Make sure that a face of the student may be enrolled; inside a transaction, until that ends.

    photographed_at: None if unknown. Raises EnrollmentError `faces_off`, `no_consent`, `parents_not_told`,
    `being_erased`, or `before_consent` for a photo from before the consent was given, or from before an earlier one
    ended.
    """
    with transaction.atomic():
        if not searchable_held(student.institution, {student.pk}):
            raise _refusal(student)
        is_covered = photographed_at is None or _covers(student, photographed_at)
    if not is_covered:
        raise EnrollmentError(
            "before_consent",
            _("This photo of %s was taken before the consent was given. Delete it and add a newer one.") % student,
        )


def _covers(student: Student, photographed_at: datetime) -> bool:
    """True if a consent was given before that time and none was withdrawn after it, however the new one is dated."""
    consents = Consent.objects.for_institution(student.institution).filter(student=student)
    ended = consents.filter(answer=Consent.Answer.GRANTED, withdrawn_at__gte=photographed_at)
    return consents.covering(photographed_at).exists() and not ended.exists()


def _refusal(student: Student) -> EnrollmentError:
    school = student.institution
    if not (school.faces_enabled and Institution.objects.filter(pk=school.pk, faces_enabled=True).exists()):
        sentence = _("Taking attendance by face is switched off. Switch it on in the school's settings first.")
        return EnrollmentError("faces_off", sentence)
    if Student.objects.filter(_is_being_erased(), pk=student.pk).with_consent().exists():
        sentence = _("Photos of %s from an earlier consent are still being erased. Add new ones when that is done.")
        return EnrollmentError("being_erased", sentence % student, retryable=True)
    has_consent = Student.objects.with_consent().filter(pk=student.pk).exists()
    if has_consent and rules_of(school.law).every_parent:
        sentence = _("Not every parent of %s has been told yet. Send them the link, or record that they were told.")
        return EnrollmentError("parents_not_told", sentence % student)
    sentence = _("There is no valid consent of %s. Record the consent, then add the photo.") % student
    return EnrollmentError("no_consent", sentence)
