"""Liveness checks at a tablet that nobody watches: anyone recognised there proves to be alive before they are marked.

Two calls. `check_begin`: a frame that may show somebody on the roster gets a challenge, which names nobody and marks
nobody. `check_answer`: the tablet's frames of it, once and in time; only a student who passed is marked, from the very
frames that were checked.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from io import BytesIO
from typing import BinaryIO
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from PIL.Image import Image

from attendance.calibration.policy import policy_for
from attendance.captures.errors import FacesOff
from attendance.captures.frames import frame_take
from attendance.captures.recognition import Recognition
from attendance.costs.budget import refuse_past_cap
from attendance.domain.decision import Decision, Outcome, decide
from attendance.kiosk.door import lesson_at
from attendance.kiosk.errors import CheckOver, CheckUnavailable, CheckUnknown, NoRegisterHere
from attendance.kiosk.limits import refuse_too_many_frames
from attendance.lessons.selectors import roster_ids
from attendance.models import Capture, ClassSession, Kiosk
from attendance.models.kiosk import LivenessAttempt
from attendance.repositories import marks_for
from enrollment.domain import liveness as checks
from enrollment.domain.faces import FaceError, FaceObservation, before_turning
from enrollment.faces.consent import searchable, searchable_held
from enrollment.faces.door import door_for
from enrollment.liveness import liveness_for
from enrollment.pictures import encode_jpeg, read_picture, turned

MOST_FAILED = 3  # of one student in a lesson; then only the teacher marks them
MOST_PIXELS = 2_500_000  # of a frame of a challenge, of which two dozen are in memory together; sent are 0.3 million
MOST_BEGUN = 10  # of one student in a lesson: nobody begins again and again until an easy challenge comes
KEPT = timedelta(hours=1)  # after the lesson


@dataclass(frozen=True, slots=True)
class KioskPreview:
    """A frame of a tablet that nobody watches. It names nobody.

    faces: each with the decision that a photo would bring. attempt: the challenge for the largest face, if there is to
    be one. is_here: true if that student is marked already; is_spent: true if only the teacher may mark them.
    """

    session: ClassSession
    width: int
    height: int
    faces: tuple[tuple[FaceObservation, Decision], ...]
    attempt: LivenessAttempt | None = None
    is_here: bool = False
    is_spent: bool = False


@dataclass(frozen=True, slots=True)
class CheckResult:
    """Result of a challenge. recognition: of the stored frame, which marked the student or asks the teacher.

    tries: number of tries that this student has left in the lesson.
    """

    session: ClassSession
    verdict: checks.Verdict
    recognition: Recognition | None
    tries: int


def check_begin(*, kiosk: Kiosk, upload: BinaryIO) -> KioskPreview:
    """Recognise the frame of a tablet, and begin a challenge if it may show a student who is not marked yet.

    The frame is not stored. Raises NoRegisterHere, FacesOff, CapReached, TooManyFrames, PictureError, and
    CheckUnavailable if the face engine or the liveness check is unavailable.
    """
    session = _session_here(kiosk)
    if not session.institution.faces_enabled:
        raise FacesOff
    refuse_past_cap(session.institution)
    refuse_too_many_frames(kiosk)
    picture = read_picture(upload, most_pixels=settings.FRAME_MAX_PIXELS)
    faces, turns = _seen(session, picture.image)
    who = _who(faces)
    if who is None:
        return KioskPreview(session, picture.width, picture.height, faces)
    mark = marks_for(session.institution).for_session(session.pk).get(who)
    is_here, is_spent = mark is not None and mark.status.attended, not _may_try(session, who)
    attempt = None if is_here or is_spent else _begin(kiosk, session, who, turns)
    return KioskPreview(session, picture.width, picture.height, faces, attempt, is_here, is_spent)


def check_answer(*, kiosk: Kiosk, attempt_id: UUID, frames: Sequence[tuple[BinaryIO, int]]) -> CheckResult:
    """Judge a challenge by the frames that the tablet took of it, and mark who passed it.

    frames: pictures and milliseconds since the first step was shown, none where a service has its own. Each challenge
    is judged once: if the process dies meanwhile, the student does another one. Raises CheckUnknown for another
    tablet's, CheckOver for one that was answered, is too late or is of a student who has withdrawn, NoRegisterHere,
    PictureError, and CheckUnavailable.
    """
    attempt = LivenessAttempt.objects.for_institution(kiosk.institution).filter(pk=attempt_id, kiosk=kiosk).first()
    if attempt is None:
        raise CheckUnknown
    session = _session_here(kiosk)
    if session.pk != attempt.session_id or not searchable(session.institution, {attempt.student_id}):
        raise CheckOver
    elapsed = _take(attempt)  # before anything is decoded
    verdict = _judged(session, attempt, [_frame(attempt, *sent) for sent in frames], elapsed)
    _write_down(attempt, verdict)
    tries = max(0, MOST_FAILED - _failed(session, attempt.student_id))
    return CheckResult(session, verdict, _kept(kiosk, session, attempt, verdict, tries), tries)


def attempts_expire() -> int:
    """Delete the challenges of lessons that are over; returns how many. The marks stay."""
    gone, _each = LivenessAttempt.objects.filter(session__ends_at__lt=timezone.now() - KEPT).delete()
    return gone


def _session_here(kiosk: Kiosk) -> ClassSession:
    here = lesson_at(kiosk)
    if here is None or not here.is_open:
        raise NoRegisterHere
    return here.session


def _frame(attempt: LivenessAttempt, upload: BinaryIO, at: int) -> checks.Frame:
    """A frame of a challenge, upright. Raises PictureError."""
    return checks.Frame(turned(read_picture(upload, most_pixels=MOST_PIXELS).image, attempt.turns), at)


def _seen(session: ClassSession, image: Image) -> tuple[tuple[tuple[FaceObservation, Decision], ...], int]:
    """The faces, each with its decision by the same rules as in every other picture, and the quarters by which the
    frame was turned for it. Their boxes are in pixels of the frame as it was sent."""
    door, roster = door_for(session.institution), roster_ids(session)
    try:
        seen = door.identify_searchable(image, roster=roster)
        if turns := door.turns_needed(image, seen):
            image = turned(image, turns)
            seen = door.identify_searchable(image, roster=roster)
    except FaceError as error:
        raise CheckUnavailable from error
    faces = [face.observation for face in seen]
    decisions = decide(faces, roster, policy_for(session.institution, door.calibration))
    sent = [replace(face, box=before_turning(face.box, turns, image.size)) for face in faces]
    return tuple(zip(sent, decisions, strict=True)), turns


def _who(faces: Sequence[tuple[FaceObservation, Decision]]) -> UUID | None:
    """The student whom the largest face, that of the nearest person, may be."""
    if not faces:
        return None
    _seen, decision = max(faces, key=lambda pair: pair[0].box.width)
    return decision.student_id if decision.outcome in (Outcome.MARK, Outcome.ASK) else None


def _of(session: ClassSession, student_id: UUID) -> QuerySet[LivenessAttempt]:
    return LivenessAttempt.objects.for_institution(session.institution).filter(session=session, student=student_id)


def _failed(session: ClassSession, student_id: UUID) -> int:
    return _of(session, student_id).exclude(outcome__in=["", checks.Outcome.LIVE]).count()


def _may_try(session: ClassSession, student_id: UUID) -> bool:
    return _failed(session, student_id) < MOST_FAILED and _of(session, student_id).count() < MOST_BEGUN


def _begin(kiosk: Kiosk, session: ClassSession, student_id: UUID, turns: int) -> LivenessAttempt | None:
    """A new challenge, stored; an unanswered earlier one of the tablet becomes void. None for who has withdrawn."""
    try:
        challenge = liveness_for(session.institution).challenge()
    except checks.LivenessError as error:
        raise CheckUnavailable from error
    now = timezone.now()
    attempt = LivenessAttempt(
        institution=session.institution, kiosk=kiosk, session=session, student_id=student_id, kind=challenge.kind,
        steps=[[step.pose, step.milliseconds] for step in challenge.steps], reference=challenge.reference,
        turns=turns, begun_at=now, expires_at=now + timedelta(seconds=challenge.seconds),
    )  # fmt: skip
    with transaction.atomic():
        if not searchable_held(session.institution, {student_id}):
            return None
        waiting = LivenessAttempt.objects.for_institution(kiosk.institution).filter(kiosk=kiosk, answered_at=None)
        waiting.update(answered_at=now)
        attempt.save(force_insert=True)
    return attempt


def _take(attempt: LivenessAttempt) -> int:
    """Use the challenge up; returns the milliseconds since it began. Of two answers at once the first one counts.

    Raises CheckOver.
    """
    now = timezone.now()
    open_ = LivenessAttempt.objects.filter(pk=attempt.pk, answered_at=None, expires_at__gt=now)
    if not open_.update(answered_at=now):
        raise CheckOver
    return round((now - attempt.begun_at).total_seconds() * 1000)


def _judged(
    session: ClassSession, attempt: LivenessAttempt, frames: Sequence[checks.Frame], elapsed: int
) -> checks.Verdict:
    """The verdict; UNDECIDED if frames claim to be later than the answer. Raises CheckUnavailable."""
    if frames and frames[-1].at > elapsed:
        return checks.Verdict(checks.Outcome.UNDECIDED, checks.Reason.TIMING)
    steps = tuple(checks.Step(checks.Pose(pose), milliseconds) for pose, milliseconds in attempt.steps)
    seconds = round((attempt.expires_at - attempt.begun_at).total_seconds())
    challenge = checks.Challenge(attempt.kind, steps, attempt.reference, seconds)
    try:
        return liveness_for(session.institution).judge(challenge, frames)
    except checks.LivenessError as error:
        raise CheckUnavailable from error


def _write_down(attempt: LivenessAttempt, verdict: checks.Verdict) -> None:
    attempt.outcome, attempt.reason = verdict.outcome, verdict.reason
    attempt.evidence = {name: round(value, 3) for name, value in verdict.evidence.items()}
    LivenessAttempt.objects.filter(pk=attempt.pk).update(
        outcome=attempt.outcome, reason=attempt.reason, evidence=attempt.evidence
    )


def _kept(
    kiosk: Kiosk, session: ClassSession, attempt: LivenessAttempt, verdict: checks.Verdict, tries: int
) -> Recognition | None:
    """Recognise and store the one frame that marks a student, or that the teacher should see after the last try."""
    is_live = verdict.outcome is checks.Outcome.LIVE
    if verdict.picture is None or (not is_live and tries):
        return None
    return frame_take(
        session=session,
        upload=BytesIO(encode_jpeg(verdict.picture)),
        nonce=attempt.pk,
        by=None,
        kiosk=kiosk,
        liveness=Capture.Liveness.PASSED if is_live else Capture.Liveness.FAILED,
    )
