"""Deletion of class photos before their time: by hand, or with a consent that was withdrawn.

Their marks stay, unless a person says that the photo was wrong.
"""

import logging
from dataclasses import replace
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models import User
from attendance.captures.doubts import evidence_of
from attendance.captures.errors import PictureNotDeleted
from attendance.captures.pictures import delete_picture
from attendance.domain.decision import Outcome
from attendance.domain.marks import Mark
from attendance.domain.statuses import Source
from attendance.models import Capture, DetectedFace
from attendance.register.marks import require_open, undo_of
from attendance.repositories import marks_for
from attendance.repositories.base import MarkChanged
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


def capture_marks(capture: Capture) -> list[Mark]:
    """The current marks of a lesson that were made by this photo."""
    marks = marks_for(capture.institution).for_session(capture.session_id).values()
    return [mark for mark in marks if mark.evidence and mark.evidence.capture_id == capture.pk]


def capture_take_back(*, capture: Capture, by: User) -> int:
    """Delete a wrong photo, its faces, and the marks made by it; returns their number.

    Somebody whom another photo of the lesson shows is marked by that one. A mark that is changed at the same moment
    stays. Safe to repeat: the photo goes last. Raises SessionNotOpen, SessionClosed, LessonCancelled, StoreUnavailable,
    PictureNotDeleted.
    """
    require_open(capture.session)
    taken = sum(_taken_back(capture, mark, by) for mark in capture_marks(capture))
    capture_delete(capture=capture, by=by)
    capture.detected_faces.all().delete()  # with the verdicts on them
    return taken


def _taken_back(capture: Capture, mark: Mark, by: User) -> bool:
    """Replace a mark by that of another photo, or by none; any later photo may mark the student again."""
    other = _other_face(capture, mark.student_id)
    now = replace(undo_of([mark], by), source=Source.UNDO)
    if other:
        evidence = evidence_of(other, other.similarity or 0.0)
        now = replace(mark, source=Source.PHOTO, actor_id=None, marked_at=other.capture.shows_at, evidence=evidence)
    try:
        marks_for(capture.institution).correct(now, expected_version=mark.version)
    except MarkChanged:
        return False
    return True


def _other_face(capture: Capture, student_id: UUID) -> DetectedFace | None:
    """The student's face in another photo of the lesson that was sure of them, and of which nobody said otherwise."""
    faces = DetectedFace.objects.for_institution(capture.institution).filter(
        capture__session=capture.session_id, capture__state=State.DONE, student=student_id, outcome=Outcome.MARK
    )
    unquestioned = faces.exclude(capture=capture).filter(Q(decided_at=None) | Q(decided_student=student_id))
    return unquestioned.select_related("capture").order_by("capture__taken_at").first()


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
