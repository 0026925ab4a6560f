"""Deletion of class photos before their time: by hand, or with a consent that was withdrawn. Their marks stay."""

import logging

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models import User
from attendance.captures.errors import PictureNotDeleted
from attendance.captures.pictures import delete_picture
from attendance.models import Capture, DetectedFace
from enrollment.models import Consent, Student, has_consent

logger = logging.getLogger(__name__)
State = Capture.State
_FINISHED = Q(state__in=[State.DONE, State.FAILED])


def capture_delete(*, capture: Capture, by: User | None) -> None:
    """Delete a photo's picture, and with it every crop, which is cut from it when shown. Marks and boxes stay.

    One that is still to be recognised is given up. Repeating the call changes nothing. Raises PictureNotDeleted.
    """
    try:
        delete_picture(capture)
    except OSError as error:
        logger.exception("The picture of capture %s could not be deleted", capture.pk)
        raise PictureNotDeleted from error
    row = Capture.objects.filter(pk=capture.pk)
    row.exclude(_FINISHED).update(state=State.FAILED, reason="deleted", lease_until=None, retry_at=None)
    row.update(picture="")
    logger.info("The picture of capture %s was deleted by %s", capture.pk, by.pk if by else "nobody")


def withdrawn_pictures_delete() -> int:
    """Delete pictures that show one person alone whose consent was withdrawn; returns their number."""
    answers = Consent.objects.filter(student=OuterRef("pk"))
    return _delete(_alone(Student.objects.filter(Exists(answers), ~has_consent())))[0]


def pictures_alone_delete(*, student: Student) -> int:
    """Delete pictures that show this student alone; returns the number of those that could not be deleted now."""
    return _delete(_alone(Student.objects.filter(pk=student.pk)))[1]


def _delete(captures: QuerySet[Capture]) -> tuple[int, int]:
    """The numbers of pictures deleted, and of those that could not be."""
    deleted = left = 0
    for capture in captures:
        try:
            capture_delete(capture=capture, by=None)
            deleted += 1
        except PictureNotDeleted:
            left += 1  # logged; the next sweep tries again
    return deleted, left


def _alone(students: QuerySet[Student]) -> QuerySet[Capture]:
    """Finished captures, still stored, that show one person alone, who is one of these."""
    faces = DetectedFace.objects.filter(capture=OuterRef("pk")).order_by()
    counted = faces.values("capture").annotate(n=Count("pk")).values("n")
    theirs = faces.annotate(person=Coalesce("decided_student", "student")).filter(person__in=students.values("pk"))
    shown = Capture.objects.exclude(picture="").filter(_FINISHED, taken_at__lte=timezone.now())
    return shown.filter(Exists(theirs)).annotate(faces=Subquery(counted)).filter(faces=1)
