"""Recognition of a stored picture, outside any transaction, before its marks are written together with its faces."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone
from PIL import Image
from prometheus_client import Histogram

from accounts.tracing import traced
from attendance.calibration.policy import policy_for
from attendance.captures.doubts import evidence_of
from attendance.captures.errors import PictureNotStored
from attendance.captures.joining import (
    Replaced,
    decide_jointly,
    link_to_earlier,
    may_be,
    named_by,
    replace_earlier,
    see,
    wait_for_earlier,
)
from attendance.captures.pictures import delete_picture, store_upright
from attendance.captures.state import Obstacle, claim, held, put_back
from attendance.domain.decision import Decision, Outcome, Policy, decide, not_live
from attendance.domain.marks import Mark
from attendance.domain.statuses import Source
from attendance.lessons.selectors import roster_ids, session_held
from attendance.models import Capture, DetectedFace
from attendance.register.late import arrival_in
from attendance.register.marks import new_mark
from attendance.register.sessions import session_sum_up
from attendance.repositories import marks_for
from attendance.repositories.base import RegisterError
from enrollment.domain.faces import Box, Calibration, FaceError, FaceObservation, Match, Quality
from enrollment.faces import warm_up
from enrollment.faces.consent import searchable_held
from enrollment.faces.door import door_for
from enrollment.pictures import turned

logger = logging.getLogger(__name__)
SECONDS = Histogram("portal_recognition_seconds", "Seconds to recognise a picture and write its marks.", ["kind"])
SECONDS_TO_MARKS = Histogram(
    "portal_photo_to_marks_seconds",
    "Seconds from the moment when a picture has come to its marks, waiting included.",
    ["kind"],
    buckets=(0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120, 300, 900, 3600),
)
MOST_TRIES = 3  # of a picture in one go, while consents of those whom it shows end


@dataclass(frozen=True, slots=True)
class Recognition:
    """Result of recognising a picture: the capture, the faces in it, and the marks that it made.

    is_fresh: true if this very call recognised it. If not, `marks` are those of its marks that are still current.
    """

    capture: Capture
    detected_faces: tuple[DetectedFace, ...]
    marks: tuple[Mark, ...]
    is_fresh: bool = False


def capture_recognise(*, capture: Capture, image: Image.Image) -> Recognition:
    """Recognise a stored picture and write its marks and faces. Safe to repeat after a crash.

    Does nothing if another process has leased it or it is done.
    """
    lease = claim(capture)
    if lease is None:
        return recognition_of(capture)
    return capture_recognise_held(capture=capture, lease=lease, image=image)


def capture_recognise_held(*, capture: Capture, lease: datetime, image: Image.Image) -> Recognition:
    """Recognise a picture that this process has leased until `lease`. An obstacle puts it back, with its reason."""
    wait_for_earlier(capture, lease)
    started = time.perf_counter()
    try:
        about = {"portal.school": capture.institution.slug, "portal.capture": str(capture.pk)}
        with SECONDS.labels(capture.kind).time(), traced(f"recognise {capture.kind}", about):
            return _recognise_and_write(capture, lease, image, started)
    except FaceError as error:
        put_back(capture, lease, Obstacle(str(error.code), error.retryable))
    except RegisterError as error:
        put_back(capture, lease, Obstacle(f"store_{error.code}", error.retryable))
    except PictureNotStored:
        put_back(capture, lease, Obstacle("storage_unavailable", retryable=True))
    except _Overtaken:
        put_back(capture, lease, Obstacle("consents_change", retryable=True))
    return _without_marks(capture)


class _Overtaken(Exception):
    """Somebody on whom the result rests has withdrawn or left while the engine was at work: it counts for nothing."""


def _recognise_and_write(capture: Capture, lease: datetime, image: Image.Image, started: float) -> Recognition:
    """Recognise a picture and write the result, again if consents end. Raises FaceError, RegisterError, _Overtaken."""
    for tries_left in reversed(range(MOST_TRIES)):
        found = _recognise(capture, lease, image)
        image = found.image
        try:
            marks = _write(capture, lease, found, started)
        except _Overtaken:
            if not tries_left:
                raise
            continue
        if marks is None:
            break
        # An earlier try may have made marks before a consent ended: they are of before it.
        made = tuple(marks) if tries_left == MOST_TRIES - 1 else recognition_of(capture).marks
        return Recognition(capture, tuple(found.detected_faces), made, is_fresh=True)
    return recognition_of(capture)


@dataclass(frozen=True, slots=True)
class _Found:
    """The faces of a picture, not stored yet, and the earlier ones that they replace.

    image: the upright picture.
    joined: the earlier faces that were compared as one with them, each with the time of its decision (None: undecided).
    """

    image: Image.Image
    detected_faces: list[DetectedFace]
    replaced: Replaced
    joined: dict[UUID, datetime | None]


def _recognise(capture: Capture, lease: datetime, image: Image.Image) -> _Found:
    """The faces of a picture, found and decided outside any transaction. Raises FaceError, PictureNotStored."""
    session = capture.session
    roster = roster_ids(session)
    door = door_for(session.institution)
    calibration = door.calibration
    policy = policy_for(session.institution, calibration)
    _note_engine(capture, calibration, policy)
    seen = see(capture, door, image, roster, policy)
    if not capture.turns and (turns := door.turns_needed(image, seen.faces)):
        image = turned(image, turns)
        store_upright(capture, image, turns, held(capture, lease))
        seen = see(capture, door, image, roster, policy)
    answers = decide_jointly(seen.decisions if capture.may_mark else not_live(seen.decisions), seen, policy)
    decided = zip([face.observation for face in seen.faces], [answer.decision for answer in answers], strict=True)
    detected_faces = [_detected_face(capture, n, *pair) for n, pair in enumerate(decided, 1)]
    replaced = link_to_earlier(detected_faces, answers, seen.before)
    joined = {seen.before[n].pk: seen.before[n].decided_at for face in seen.faces for n in face.same_as}
    return _Found(image, detected_faces, replaced, joined)


def _write(capture: Capture, lease: datetime, found: _Found, started: float) -> list[Mark] | None:
    """Write marks and faces down, if all whom they name may still be searched for; returns the marks.

    The consents are asked for in the transaction of the marks, and again in that of the faces. None where the lease was
    lost. Raises RegisterError, and _Overtaken.
    """
    store = marks_for(capture.institution)
    with store.together():
        with transaction.atomic():
            _require_unchanged(capture, found)
        marks = store.mark_many(_marks(capture, found.detected_faces))
    # Somebody seen in time is present even if the register was closed meanwhile. Before the capture is finished, so
    # that a repetition after a crash does it again.
    session_sum_up(session=capture.session)
    capture.seconds = time.perf_counter() - started
    if not _finish(capture, lease, found):
        return None
    SECONDS_TO_MARKS.labels(capture.kind).observe(max(0.0, (timezone.now() - capture.taken_at).total_seconds()))
    return marks


def _require_unchanged(capture: Capture, found: _Found) -> None:
    """Ask again for the consent of everybody whom the faces, and those that they were joined to, may be.

    Until the transaction ends none of them withdraws, and nobody decides a face of the session. Raises _Overtaken.
    """
    session_held(capture.session_id)
    joined = list(DetectedFace.objects.for_institution(capture.institution).filter(pk__in=found.joined))
    named = {pk for face in found.detected_faces for pk in named_by(face)} | {
        pk for face in joined for pk in may_be(face)
    }
    as_they_were = {face.pk: face.decided_at for face in joined if face.may_be_joined} == found.joined
    if not as_they_were or named - searchable_held(capture.institution, named):
        raise _Overtaken


def recognition_warm_up() -> None:
    """Load the parts that the first picture of a process would wait for: the engine's networks, the solver."""
    warm_up()
    somebody = uuid4()
    seen = FaceObservation(Box(0, 0, 1, 1), Quality(1, 1.0, 1.0, 1.0, 1.0), (Match(somebody, 1.0),))
    decide([seen], {somebody}, Policy(accept_threshold=0.5, review_threshold=0.5))


def capture_discard(*, capture: Capture) -> None:
    """Delete a capture that marked nobody and asks nothing, with its picture.

    The file first: a crash leaves a row without a picture, never a picture without a row.
    """
    if capture.picture:
        delete_picture(capture)
    Capture.objects.filter(pk=capture.pk).delete()


def _without_marks(capture: Capture) -> Recognition:
    """The result of a waiting capture, without asking the store of marks, for which it may be waiting."""
    capture.refresh_from_db()
    return Recognition(capture, (), ())


def recognition_of(capture: Capture) -> Recognition:
    """The present result of a capture from the database: its state, its faces, and its marks that are still current."""
    capture.refresh_from_db()
    held = marks_for(capture.institution).for_session(capture.session_id).values()
    marks = tuple(mark for mark in held if mark.evidence and mark.evidence.capture_id == capture.pk)
    return Recognition(capture, tuple(capture.detected_faces.order_by("number")), marks)


def _note_engine(capture: Capture, calibration: Calibration, policy: Policy) -> None:
    """Set the engine, model and thresholds by which this picture is judged: a mark must stay explainable."""
    capture.engine, capture.model = calibration.engine, calibration.model
    capture.accept_threshold, capture.review_threshold = policy.accept_threshold, policy.review_threshold


def _detected_face(capture: Capture, number: int, seen: FaceObservation, decided: Decision) -> DetectedFace:
    return DetectedFace(
        institution_id=capture.institution_id,
        capture=capture,
        number=number,
        left=seen.box.left,
        top=seen.box.top,
        width=seen.box.width,
        height=seen.box.height,
        outcome=decided.outcome,
        reason=decided.reason,
        student_id=decided.student_id,
        similarity=decided.similarity,
        candidates=[[str(match.student_id), round(match.similarity, 4)] for match in decided.candidates],
    )


def _marks(capture: Capture, detected_faces: Sequence[DetectedFace]) -> list[Mark]:
    """The marks of those who were recognised without a doubt, as of the time of the picture."""
    session = capture.session
    status, late = arrival_in(session, capture.shows_at)
    camera = Source.KIOSK if capture.kiosk_id else Source.WEBCAM
    source = camera if capture.kind == Capture.Kind.WEBCAM else Source.PHOTO
    return [
        new_mark(
            session,
            detected_face.student_id,
            status=status,
            source=source,
            at=capture.shows_at,
            minutes_late=late,
            evidence=evidence_of(detected_face, detected_face.similarity or 0.0),
        )
        for detected_face in detected_faces
        if detected_face.outcome == Outcome.MARK and detected_face.student_id
    ]


def _finish(capture: Capture, lease: datetime, found: _Found) -> bool:
    """The faces and the end of the work, in one short transaction: a repetition starts from nothing.

    Returns False where the lease was lost meanwhile: somebody else's result stands, with what people decided about it.
    Raises _Overtaken.
    """
    with transaction.atomic():
        _require_unchanged(capture, found)
        capture.state, capture.reason, capture.lease_until = Capture.State.DONE, "", None
        capture.retry_at = None  # as in the row since `claim`
        ours = held(capture, lease).update(
            state=capture.state,
            reason=capture.reason,
            lease_until=capture.lease_until,
            engine=capture.engine,
            model=capture.model,
            accept_threshold=capture.accept_threshold,
            review_threshold=capture.review_threshold,
            seconds=capture.seconds,
        )
        if ours:
            capture.detected_faces.all().delete()
            DetectedFace.objects.bulk_create(found.detected_faces)
            replace_earlier(capture, found.replaced)
    return bool(ours)
