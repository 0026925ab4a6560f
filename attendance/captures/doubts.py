"""Decisions of people about faces in captures: deciding and undeciding them, and the marks that follow."""

from contextlib import suppress
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from attendance.calibration.verdicts import verdict_on_face, verdict_retract
from attendance.captures.errors import FaceDecided
from attendance.domain.decision import Outcome, Reason
from attendance.domain.joint import joined_with
from attendance.domain.marks import Evidence, Mark
from attendance.domain.statuses import Source, Status
from attendance.lessons.selectors import session_held
from attendance.models import DetectedFace
from attendance.register.errors import MarkConflict
from attendance.register.guests import guest_add
from attendance.register.late import arrival_in
from attendance.register.marks import _correct, _require_on_roster, mark_undo, new_mark, require_open
from attendance.repositories import marks_for
from attendance.repositories.base import StoreUnavailable
from enrollment.faces.consent import searchable


def guest_add_by_face(*, detected_face: DetectedFace, student_id: UUID, by: User) -> Mark | None:
    """Put a student on the register as a guest and mark them by this face.

    Raises the errors of `guest_add` and `detected_face_decide`; after those of the latter the guest stays unmarked.
    """
    student = guest_add(session=detected_face.capture.session, student_id=student_id, by=by)
    return detected_face_decide(detected_face=detected_face, student_id=student.pk, by=by)


def detected_face_decide(*, detected_face: DetectedFace, student_id: UUID | None, by: User) -> Mark | None:
    """Decide who a face is: the student is marked by it, or it is nobody on the roster (None).

    The mark counts from the time of the picture. A student who is marked as attending keeps that mark. If the machine
    had marked somebody else by this face, that mark is undone. Deciding the same twice changes nothing; deciding
    otherwise takes `detected_face_undecide` first. Raises SessionNotOpen, SessionClosed, NotOnRoster, MarkConflict,
    FaceDecided.
    """
    session = detected_face.capture.session
    require_open(session)
    if student_id is not None:
        _require_on_roster(session, student_id)
    is_first = _claim_decision(detected_face, student_id, by)
    try:
        _take_back_others(detected_face, student_id, by)
        mark = _confirm(detected_face, student_id, by) if student_id else None
    except (MarkConflict, StoreUnavailable):
        if is_first:
            with suppress(MarkConflict, StoreUnavailable):
                _bring_back(detected_face, by)
            _forget_decision(detected_face)
        raise
    verdict_on_face(detected_face=detected_face, student_id=student_id)
    return mark


def detected_face_undecide(*, detected_face: DetectedFace, by: User) -> None:
    """Take a decision back, with the mark that it made if that is still the student's mark.

    The machine's mark that the decision had undone is restored, unless somebody has changed it since.

    Raises SessionNotOpen, SessionClosed, MarkConflict.
    """
    session = detected_face.capture.session
    require_open(session)
    student_id = detected_face.decided_student_id
    if student_id is not None:
        mark = marks_for(session.institution).for_session(session.pk).get(student_id)
        if mark and mark.source is Source.CONFIRMED and mark.evidence and _is_of(mark.evidence, detected_face):
            mark_undo(session=session, student_id=student_id, by=by, expected_version=mark.version)
    _bring_back(detected_face, by)
    _forget_decision(detected_face)
    verdict_retract(detected_face=detected_face)


def evidence_of(detected_face: DetectedFace, similarity: float) -> Evidence:
    """A face in a capture as the evidence of a mark."""
    capture = detected_face.capture
    return Evidence(
        capture_id=capture.pk,
        face=detected_face.number,
        similarity=similarity,
        threshold=capture.accept_threshold or 0.0,
        engine=capture.engine,
        model=capture.model,
    )


def _claim_decision(detected_face: DetectedFace, student_id: UUID | None, by: User) -> bool:
    """Store the decision about a face, unless there is one; returns True if it is new. Raises FaceDecided."""
    now = timezone.now()
    with transaction.atomic():
        session_held(detected_face.capture.session_id)
        undecided = DetectedFace.objects.filter(pk=detected_face.pk, decided_at=None)
        is_first = bool(undecided.update(decided_student_id=student_id, decided_by=by, decided_at=now))
        if is_first and student_id and not searchable(detected_face.institution, {student_id}):
            _separate(detected_face)
        elif is_first:
            same = _same_faces(detected_face).filter(decided_at=None)
            same.update(decided_student_id=student_id, decided_by=by, decided_at=now)
    detected_face.refresh_from_db(fields=["decided_student", "decided_by", "decided_at"])
    if detected_face.decided_student_id != student_id:
        raise FaceDecided
    return is_first


def _same_faces(detected_face: DetectedFace) -> QuerySet[DetectedFace]:
    """The faces of the lesson's other photos that are this person's: a decision about one holds for all."""
    faces = DetectedFace.objects.for_institution(detected_face.institution)
    links = faces.filter(capture__session=detected_face.capture.session_id).exclude(same_as=None)
    same = joined_with(detected_face.pk, links.values_list("pk", "same_as_id"))
    return faces.filter(pk__in=same - {detected_face.pk})


def _separate(detected_face: DetectedFace) -> None:
    """Undo what the engine has joined to the face of somebody who may not be searched for, and compare it no more.

    The faces stay, each for itself: what a person said of this one does not find the same person in other photos.
    """
    same = {detected_face.pk, *_same_faces(detected_face).values_list("pk", flat=True)}
    faces = DetectedFace.objects.for_institution(detected_face.institution)
    faces.filter(pk__in=same).update(same_as=None, may_be_joined=False)


def _forget_decision(detected_face: DetectedFace) -> None:
    said_at_once = _same_faces(detected_face).filter(decided_at=detected_face.decided_at)
    said_at_once.update(decided_student=None, decided_by=None, decided_at=None)
    detected_face.decided_student = detected_face.decided_by = detected_face.decided_at = None
    detected_face.save(update_fields=["decided_student", "decided_by", "decided_at"])


def _take_back_others(detected_face: DetectedFace, student_id: UUID | None, by: User) -> None:
    """Undo the mark that the machine made by this face, if it is somebody else's and still the current one."""
    session, wrong = detected_face.capture.session, detected_face.student_id
    if wrong is None or wrong == student_id:
        return
    mark = marks_for(session.institution).for_session(session.pk).get(wrong)
    if mark and mark.source.is_machine and mark.evidence and _is_of(mark.evidence, detected_face):
        mark_undo(session=session, student_id=wrong, by=by, expected_version=mark.version)


def _bring_back(detected_face: DetectedFace, by: User) -> None:
    """Restore the machine's mark by this face, if the decision undid it and nobody has changed it since."""
    session, named, decided_at = detected_face.capture.session, detected_face.student_id, detected_face.decided_at
    questions_a_mark = detected_face.outcome == Outcome.MARK or detected_face.reason == Reason.OTHER_PICTURE
    if named is None or decided_at is None or not questions_a_mark:
        return
    versions = marks_for(session.institution).audit(session.pk, named)
    if len(versions) < 2 or versions[-1].status is not Status.NONE or versions[-1].marked_at < decided_at:
        return  # nothing was undone, or a person had undone it before
    before = versions[-2]
    if before.source.is_machine and before.evidence and _is_of(before.evidence, detected_face):
        mark_undo(session=session, student_id=named, by=by, expected_version=versions[-1].version)


def _confirm(detected_face: DetectedFace, student_id: UUID, by: User) -> Mark:
    session, seen_at = detected_face.capture.session, detected_face.capture.shows_at
    current = marks_for(session.institution).for_session(session.pk).get(student_id)
    if current and current.status.attended:
        return current
    status, late = arrival_in(session, seen_at)
    similarity = {UUID(pk): score for pk, score in detected_face.candidates}.get(student_id, 0.0)
    mark = new_mark(
        session,
        student_id,
        status=status,
        source=Source.CONFIRMED,
        at=seen_at,
        actor_id=by.pk,
        minutes_late=late,
        evidence=evidence_of(detected_face, similarity),
    )
    return _correct(session, mark, current.version if current else 0)


def _is_of(evidence: Evidence, detected_face: DetectedFace) -> bool:
    """True if a mark was made by this face, or by the same one in an earlier photo."""
    other = detected_face.same_as
    if other and (evidence.capture_id, evidence.face) == (other.capture_id, other.number):
        return True
    return evidence.capture_id == detected_face.capture_id and evidence.face == detected_face.number
