"""Verdicts on the engine: written with each decision of a person, retracted with it, counted for calibration."""

from uuid import UUID

from django.utils import timezone

from accounts.models import Institution
from attendance.domain.decision import Outcome
from attendance.domain.marks import Mark
from attendance.domain.statuses import Source, Status
from attendance.models import Capture, ClassSession, DetectedFace, Verdict
from enrollment.selectors import portraits_of, students_with_consent

Kind = Verdict.Kind


def verdict_on_face(*, detected_face: DetectedFace, student_id: UUID | None) -> Verdict | None:
    """Write the verdict that follows from a person's decision about a face (None: nobody on the roster), one a face.

    Naming a face that the engine did not know is a miss only if that student could have been found. Where no verdict
    follows, an earlier one on the face is deleted.
    """
    kind = _kind(detected_face, student_id)
    if kind is None:
        verdict_retract(detected_face=detected_face)
        return None
    verdict, _created = Verdict.objects.update_or_create(
        institution=detected_face.institution,
        detected_face=detected_face,
        defaults={
            **_about(detected_face.capture),
            "said": detected_face.outcome,
            "kind": kind,
            "similarity": detected_face.similarity,
        },
    )
    return verdict


def verdict_retract(*, detected_face: DetectedFace) -> None:
    """Delete the verdict on a face, together with the decision that it came from."""
    Verdict.objects.for_institution(detected_face.institution).filter(detected_face=detected_face).delete()


def verdict_on_mark(*, session: ClassSession, mark: Mark) -> Verdict | None:
    """Write, or delete, the verdict that the engine missed somebody whom a person now marks as there.

    Called with the current mark after each act by hand. A student counts as missed if they are marked present by hand,
    their face is enrolled and may be searched for, a photo of the lesson is done, and no photo named them or asked
    about them. One who came late may have come after the photo, and is not counted. Also calls
    `verdict_on_contradiction`.
    """
    verdict_on_contradiction(session=session, mark=mark)
    ours = Verdict.objects.for_institution(session.institution).filter(
        capture__session=session, student_id=mark.student_id
    )
    is_present = mark.source is Source.HAND and mark.status is Status.PRESENT
    photo = _last_photo(session) if is_present else None
    if photo is None or not _is_findable(session.institution, mark.student_id) or _was_seen(session, mark.student_id):
        ours.delete()
        return None
    if kept := ours.first():
        return kept
    return Verdict.objects.get_or_create(
        institution=session.institution,
        capture=photo,
        student_id=mark.student_id,
        defaults={**_about(photo), "said": "", "kind": Kind.MISSED},
    )[0]


def verdict_on_contradiction(*, session: ClassSession, mark: Mark) -> None:
    """Write, or delete, the verdict that the engine wrongly marked somebody whom a person now marks as absent.

    The person said so on the register, not at the face: the verdict is on every face that was marked as theirs and not
    decided by a person. An absence that closing wrote is no verdict. Nor is an excuse: it may begin after the photo, or
    follow an absence. If a decision about one face took the mark back, nothing is known of the student's others.
    """
    if mark.status is Status.EXCUSED:
        return
    faces = DetectedFace.objects.for_institution(session.institution).filter(
        capture__session=session, student_id=mark.student_id, outcome=Outcome.MARK
    )
    seen = list(faces.select_related("capture"))
    undecided = [face for face in seen if face.decided_at is None]
    is_against = mark.source is Source.HAND and (
        mark.status is Status.ABSENT or (mark.status is Status.NONE and len(undecided) == len(seen))
    )
    for face in undecided:
        if is_against:
            verdict_on_face(detected_face=face, student_id=None)
        else:
            verdict_retract(detected_face=face)


def _kind(detected_face: DetectedFace, student_id: UUID | None) -> Verdict.Kind | None:
    if detected_face.outcome == Outcome.UNKNOWN:
        if student_id is None:
            return Kind.RIGHT
        return Kind.MISSED if _is_findable(detected_face.institution, student_id) else None
    if detected_face.outcome == Outcome.ELSEWHERE and student_id is None:
        return None  # "nobody on this register", as the engine said; nobody has said who else it is
    return Kind.RIGHT if detected_face.student_id == student_id else Kind.WRONG


def _about(capture: Capture) -> dict[str, object]:
    """The engine and the thresholds that judged a capture, and the time of the verdict, as columns of a verdict."""
    return {
        "capture": capture,
        "engine": capture.engine,
        "model": capture.model,
        "accept_threshold": capture.accept_threshold,
        "review_threshold": capture.review_threshold,
        "decided_at": timezone.now(),
    }


def _is_findable(institution: Institution, student_id: UUID) -> bool:
    """True if an engine could have named this student: a face is enrolled, and it may be searched for."""
    if not institution.faces_enabled or student_id not in portraits_of(institution, [student_id]):
        return False
    return students_with_consent(institution, [student_id]).exists()


def _last_photo(session: ClassSession) -> Capture | None:
    captures = Capture.objects.for_institution(session.institution).filter(session=session)
    return captures.filter(kind=Capture.Kind.PHOTO, state=Capture.State.DONE).order_by("-taken_at").first()


def _was_seen(session: ClassSession, student_id: UUID) -> bool:
    """True if a picture of the lesson named the student or asked about them, or a person named them on one."""
    detected_faces = DetectedFace.objects.for_institution(session.institution).filter(capture__session=session)
    rows = detected_faces.values_list("student_id", "decided_student_id", "candidates")
    return any(
        student_id in (named, decided) or str(student_id) in {pk for pk, _similarity in candidates}
        for named, decided, candidates in rows
    )
