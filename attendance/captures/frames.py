"""Frames of a webcam: many pictures, of which few show anything new."""

from typing import BinaryIO
from uuid import UUID

from accounts.models import User
from attendance.captures.recognition import Recognition, capture_discard
from attendance.captures.taking import capture_take
from attendance.domain.decision import Outcome
from attendance.models import Capture, ClassSession, DetectedFace, Kiosk

MOST_WAITING = 20  # frames of a lesson that wait for the engine; while it is unavailable a kiosk sends thousands


def frame_take(
    *,
    session: ClassSession,
    upload: BinaryIO,
    nonce: UUID,
    by: User | None,
    kiosk: Kiosk | None = None,
    liveness: Capture.Liveness = Capture.Liveness.NOT_CHECKED,
) -> Recognition:
    """Recognise one frame. It is kept only where it marked somebody or asks something that was not asked before.

    If the engine is unavailable a few frames wait for it, and are recognised while the lesson lasts; the result says
    so, and the teacher marks by hand. by: None if a kiosk sends it. Raises the errors of `capture_take`.
    """
    recognition = capture_take(
        session=session, upload=upload, nonce=nonce, kind=Capture.Kind.WEBCAM, by=by, kiosk=kiosk, liveness=liveness
    )
    if recognition.capture.state == Capture.State.WAITING and not _is_worth_waiting(recognition.capture):
        capture_discard(capture=recognition.capture)
    frame_keep_or_discard(recognition)
    return recognition


def frame_keep_or_discard(recognition: Recognition) -> None:
    """Delete a frame that was just recognised and shows nothing new. One that was known before stays as it is."""
    done = recognition.is_fresh and recognition.capture.state == Capture.State.DONE
    if done and not recognition.marks and not _asks_something_new(recognition):
        capture_discard(capture=recognition.capture)


def _is_worth_waiting(frame: Capture) -> bool:
    """False if the month's budget is spent, which no lesson outlasts, or enough frames of the lesson wait."""
    waiting = Capture.objects.for_institution(frame.institution).filter(
        session=frame.session_id, kind=Capture.Kind.WEBCAM, state=Capture.State.WAITING
    )
    return frame.reason != "cap_reached" and waiting.count() <= MOST_WAITING


def _asks_something_new(recognition: Recognition) -> bool:
    """True if a doubt in this frame is about a student whom no open doubt of the session is about."""
    doubts = [detected_face for detected_face in recognition.detected_faces if detected_face.outcome == Outcome.ASK]
    if not doubts:
        return False
    asked = (
        DetectedFace.objects.for_institution(recognition.capture.institution)
        .filter(capture__session=recognition.capture.session, outcome=Outcome.ASK)
        .exclude(capture=recognition.capture)
    )
    return bool(
        {detected_face.student_id for detected_face in doubts} - set(asked.values_list("student_id", flat=True))
    )
