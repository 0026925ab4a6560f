"""Explanation of a mark: the face, its similarity and the threshold, the engine, the time, who confirmed it."""

from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from uuid import UUID

from attendance.captures.errors import PictureLost
from attendance.captures.pictures import stored_image
from attendance.domain.marks import Mark
from attendance.domain.statuses import Source
from attendance.history.blurring import only_face
from attendance.history.story import files_of
from attendance.models import Capture, ClassSession, DetectedFace, RegisterEvent
from attendance.register.page import names_of
from attendance.register.status_codes import ShownStatus, statuses_of
from attendance.repositories import marks_for
from enrollment.models import Student
from enrollment.selectors import portraits_of

_JPEG_QUALITY = 82


@dataclass(frozen=True, slots=True)
class MarkExplanation:
    """The grounds of a mark. face: the one that made it, while it is still taken for the student's.

    review_threshold: of the capture, in its engine's own unit, if that is known. file: from which it was imported.
    """

    session: ClassSession
    student: Student
    mark: Mark
    said: ShownStatus
    actor: str
    face: DetectedFace | None
    file: str = ""

    @property
    def has_picture(self) -> bool:
        """True if the photo still exists."""
        return self.face is not None and bool(self.face.capture.picture)

    @property
    def review_threshold(self) -> float | None:
        return self.face.capture.review_threshold if self.face else None

    @property
    def deleted_after(self) -> datetime | None:
        """Time from which the photo is deleted; None without one."""
        if self.face is None or not self.has_picture:
            return None
        self.face.capture.session = self.session
        return self.face.capture.picture_until

    @property
    def is_to_correct(self) -> bool:
        """True if the machine alone made the mark, and a person can still correct it at its face."""
        is_undecided = self.face is not None and self.face.decided_at is None
        return is_undecided and self.session.is_open and self.mark.source.is_machine


@dataclass(frozen=True, slots=True)
class Other:
    """Another student on the roster whom the face may be. similarity: None where the engine did not name them."""

    student: Student
    portrait: UUID | None
    similarity: float | None


def read_why(session: ClassSession, student: Student) -> MarkExplanation | None:
    """The explanation of a student's mark in a session; None where there is no mark."""
    mark = marks_for(session.institution).for_session(session.pk).get(student.pk)
    if mark is None:
        return None
    actor = names_of([mark.actor_id]).get(mark.actor_id, "")
    said = statuses_of(session.institution).of_mark(mark)
    return MarkExplanation(session, student, mark, said, actor, _face_of(session, mark), _file_of(session, mark))


def others_for(why: MarkExplanation, students: list[Student]) -> list[Other]:
    """These students without the one who is marked: first those whom the engine named, the most similar first."""
    scores = {UUID(pk): score for pk, score in why.face.candidates} if why.face else {}
    rest = [student for student in students if student.pk != why.student.pk]
    portraits = portraits_of(why.session.institution, [student.pk for student in rest])
    others = [Other(student, portraits.get(student.pk), scores.get(student.pk)) for student in rest]
    return sorted(others, key=lambda other: other.similarity is None or -other.similarity)


def blurred_photo(why: MarkExplanation) -> bytes:
    """The photo of a mark as a JPEG in which nobody's face but the student's can be recognised.

    Raises PictureLost if there is none any more, PictureUnavailable if the storage does not answer.
    """
    if why.face is None or not why.has_picture:
        raise PictureLost
    capture = why.face.capture
    others = [detected_face.box for detected_face in capture.detected_faces.exclude(pk=why.face.pk)]
    out = BytesIO()
    only_face(stored_image(capture), why.face.box, others).save(out, "JPEG", quality=_JPEG_QUALITY)
    return out.getvalue()


def _file_of(session: ClassSession, mark: Mark) -> str:
    if mark.source is not Source.IMPORT:
        return ""
    events = RegisterEvent.objects.for_institution(session.institution).filter(session=session, at=mark.marked_at)
    return files_of(events).get(mark.marked_at, "")


def _face_of(session: ClassSession, mark: Mark) -> DetectedFace | None:
    """The face by which a mark was made, unless a person has said since that it is somebody else's."""
    if mark.evidence is None or not mark.status.attended:
        return None
    detected_faces = DetectedFace.objects.for_institution(session.institution).select_related(
        "capture__institution", "capture__kiosk", "decided_by"
    )
    face = detected_faces.filter(
        capture_id=mark.evidence.capture_id,
        capture__session=session,
        capture__state=Capture.State.DONE,
        number=mark.evidence.face,
    ).first()
    if face is None or (face.decided_at and face.decided_student_id != mark.student_id):
        return None
    return face
