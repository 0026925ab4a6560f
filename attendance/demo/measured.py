"""Faces of past lessons with their verdicts, example costs and a door tablet: the demo's figures."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Count

from accounts.models import Institution, PaidCalls, User
from attendance.domain.decision import Outcome, Reason
from attendance.domain.marks import Mark
from attendance.domain.statuses import Source
from attendance.models import Capture, ClassSession, DetectedFace, Kiosk, Verdict
from enrollment.faces.door import door_for

SIDE, GAP = 96, 8  # pixels of a face and between two, in a picture that was deleted
Kind = Verdict.Kind
DOOR = ("Door of room 12", "12")


@dataclass(frozen=True, slots=True)
class Stranger:
    """A face that was nobody's, about which the teacher was asked: whom it resembled, and how much."""

    student_id: UUID
    similarity: float


def faces_create(capture: Capture, marks: Iterable[Mark], stranger: Stranger | None, by: User) -> None:
    """Write the faces of a past photo: those that its marks name as their evidence, and a stranger.

    One that a person has confirmed gets the verdict that the engine was right, a stranger that it was wrong.
    """
    faces = [_of_mark(capture, mark, by) for mark in marks if mark.evidence]
    if stranger:
        number = 1 + max((face.number for face in faces), default=0)
        face = _face(capture, number, stranger.student_id, stranger.similarity)
        faces.append(_decided(face, None, by))
    DetectedFace.objects.bulk_create(faces)
    Verdict.objects.bulk_create([_verdict(capture, face) for face in faces if face.decided_at])


def _of_mark(capture: Capture, mark: Mark, by: User) -> DetectedFace:
    assert mark.evidence
    face = _face(capture, mark.evidence.face, mark.student_id, mark.evidence.similarity)
    return _decided(face, mark.student_id, by) if mark.source is Source.CONFIRMED else face


def _face(capture: Capture, number: int, student_id: UUID, similarity: float) -> DetectedFace:
    is_marked = similarity >= (capture.accept_threshold or 0)
    return DetectedFace(
        institution=capture.institution,
        capture=capture,
        number=number,
        left=GAP + (number - 1) % 16 * (SIDE + GAP),
        top=GAP + (number - 1) // 16 * (SIDE + GAP),
        width=SIDE,
        height=SIDE,
        outcome=Outcome.MARK if is_marked else Outcome.ASK,
        reason=Reason.CLEAR if is_marked else Reason.BELOW_THRESHOLD,
        student_id=student_id,
        similarity=similarity,
        candidates=[[str(student_id), similarity]],
    )


def _decided(face: DetectedFace, student_id: UUID | None, by: User) -> DetectedFace:
    face.decided_student_id, face.decided_by, face.decided_at = student_id, by, face.capture.taken_at
    return face


def _verdict(capture: Capture, face: DetectedFace) -> Verdict:
    return Verdict(
        institution=capture.institution,
        capture=capture,
        detected_face=face,
        engine=capture.engine,
        model=capture.model,
        said=face.outcome,
        similarity=face.similarity,
        accept_threshold=capture.accept_threshold,
        review_threshold=capture.review_threshold,
        kind=Kind.RIGHT if face.decided_student_id else Kind.WRONG,
        decided_at=capture.taken_at,
    )


def example_costs_create(institution: Institution) -> None:
    """Count the calls that the school's past registers would have made on Rekognition and DynamoDB, once.

    Not where calls are paid: there the real ones are counted.
    """
    if door_for(institution).is_metered or PaidCalls.objects.for_institution(institution).exists():
        return
    calls: Counter[tuple[date, str, str]] = Counter()
    past = Capture.objects.for_institution(institution).filter(session__state=ClassSession.State.CLOSED)
    for taken_at, faces in past.annotate(faces=Count("detected_faces")).values_list("taken_at", "faces"):
        month = taken_at.date().replace(day=1)
        calls[month, "rekognition", "DetectFaces"] += 1
        calls[month, "rekognition", "SearchUsersByImage"] += faces
        calls[month, "s3", "PutObject"] += 1
        calls[month, "dynamodb", "WriteUnits"] += faces
        calls[month, "dynamodb", "ReadUnits"] += 2
    PaidCalls.objects.bulk_create(
        PaidCalls(institution=institution, month=month, service=service, operation=operation, calls=many)
        for (month, service, operation), many in calls.items()
    )


def door_create(institution: Institution) -> None:
    """Put a door tablet before the room of physics, not paired with any device yet."""
    name, room = DOOR
    Kiosk.objects.get_or_create(institution=institution, name=name, defaults={"room": room, "is_attended": True})
