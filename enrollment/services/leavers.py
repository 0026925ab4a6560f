"""Service for students who have left: their face is erased after the days that the school states."""

import logging
from datetime import timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import Institution
from enrollment.domain.consents import leaver_days
from enrollment.errors import ErasureUnfinished
from enrollment.models import Consent, FacePhoto, Student
from enrollment.services.consents import consent_withdraw

logger = logging.getLogger(__name__)


def leavers_erase() -> int:
    """Erase every student who left long enough ago; returns their number."""
    leavers_note()
    return leavers_forget(leavers_due())


def leavers_note() -> None:
    """Note the time of leaving, or that somebody came back, whichever way “at the school” was switched."""
    Student.objects.filter(is_active=False, left_at=None).update(left_at=timezone.now())
    Student.objects.filter(is_active=True).exclude(left_at=None).update(left_at=None)


def leavers_due() -> QuerySet[Student]:
    """Students of every school who left long enough ago, and of whom a consent or a photo is left.

    After the days that the school chose, or after those that the law of its place allows, if they are fewer.
    """
    now, over = timezone.now(), Q(pk__in=[])
    schools = Institution.objects.order_by().values_list("law", "leaver_retention_days").distinct()
    for law, chosen in schools:
        days = timedelta(days=leaver_days(law, chosen))
        over |= Q(institution__law=law, institution__leaver_retention_days=chosen, left_at__lte=now - days)
    consents = Consent.objects.valid().filter(student=OuterRef("pk"))
    photos = FacePhoto.objects.filter(student=OuterRef("pk"))
    return Student.objects.filter(over).filter(Q(Exists(consents)) | Q(Exists(photos)))


def leavers_forget(students: QuerySet[Student]) -> int:
    """End the consents of students who left, and erase their faces; returns their number.

    One who comes back in time keeps everything; one who comes back later is asked for a consent again.
    """
    erased = 0
    for student in students.select_related("institution"):
        try:
            consent_withdraw(student=student, by=None)
            erased += 1
        except ErasureUnfinished as error:
            logger.warning("The face of student %s, who left, is erased later: %s", student.pk, error.code)
    return erased
