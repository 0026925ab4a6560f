"""Services for consents: record and withdraw."""

import logging
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from enrollment.errors import EnrollmentError
from enrollment.models import Consent, Student
from enrollment.services.erasure import Erasure, photos_withdraw, student_erase_faces

logger = logging.getLogger(__name__)


def consent_record(
    *, student: Student, given_by: str, wording: str, recorded_by: User | None, given_at: datetime | None = None
) -> Consent:
    """Write down a consent. Raises EnrollmentError `consent_exists`, or ValidationError."""
    consent = Consent(
        institution=student.institution,
        student=student,
        given_by=given_by,
        wording=wording,
        given_at=given_at or timezone.now(),
        recorded_by=recorded_by,
    )
    consent.full_clean(validate_constraints=False)
    try:
        with transaction.atomic():
            consent.save(force_insert=True)
    except IntegrityError as error:
        raise EnrollmentError("consent_exists", _("A valid consent of %s is on record already.") % student) from error
    return consent


def consent_withdraw(*, student: Student, by: User | None) -> Erasure:
    """End the student's consent and erase their face. From the first step on they are no longer searched for.

    A consent given later does not bring anything back. Repeating the call continues where it stopped. Raises
    ErasureUnfinished if the engine could not erase everything now: the consent is withdrawn all the same.
    """
    given = Consent.objects.for_institution(student.institution).filter(student=student, answer=Consent.Answer.GRANTED)
    with transaction.atomic():
        ended = given.filter(withdrawn_at=None).update(withdrawn_at=timezone.now(), withdrawn_by=by)
        photos_withdraw(student=student)
    if ended:
        logger.info("Consent of student %s withdrawn by %s", student.pk, by.pk if by else "nobody")
    return student_erase_faces(student=student)
