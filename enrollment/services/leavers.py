"""Service for students who have left: their face is erased after the days that the school states."""

import logging
from datetime import timedelta

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from accounts.models import Institution
from enrollment.domain.consents import leaver_days
from enrollment.errors import ErasureUnfinished
from enrollment.models import Consent, FacePhoto, Student
from enrollment.services.consents import consent_withdraw

logger = logging.getLogger(__name__)


def leavers_erase() -> int:
    """End the consents of students who left long enough ago, and erase their faces; returns their number.

    After the days that the school chose, or after those that the law of its place allows, if they are fewer.

    The time of leaving is noted here, by the first call after it, whichever way “at the school” was switched off. One
    who comes back meanwhile keeps everything; one who comes back later is asked for a consent again.
    """
    now = timezone.now()
    Student.objects.filter(is_active=False, left_at=None).update(left_at=now)
    Student.objects.filter(is_active=True).exclude(left_at=None).update(left_at=None)
    erased = 0
    schools = Institution.objects.order_by().values_list("law", "leaver_retention_days").distinct()
    for law, chosen in schools:
        left = Student.objects.filter(
            institution__law=law,
            institution__leaver_retention_days=chosen,
            left_at__lte=now - timedelta(days=leaver_days(law, chosen)),
        )
        consents = Consent.objects.valid().filter(student=OuterRef("pk"))
        due = left.filter(Q(Exists(consents)) | Q(Exists(FacePhoto.objects.filter(student=OuterRef("pk")))))
        for student in due.select_related("institution"):
            try:
                consent_withdraw(student=student, by=None)
                erased += 1
            except ErasureUnfinished as error:
                logger.warning("The face of student %s, who left, is erased later: %s", student.pk, error.code)
    return erased
