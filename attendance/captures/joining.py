"""Photos of a lesson, joined: one is read together with the faces that earlier ones left open or marked weakly."""

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from PIL import Image

from attendance.captures.errors import PictureLost, PictureUnavailable
from attendance.captures.pictures import stored_image
from attendance.captures.state import photos_underway
from attendance.domain.decision import NOBODY, Decision, Outcome, Policy, decide
from attendance.domain.joint import EarlierFace, JointDecision, is_weak, join
from attendance.models import Capture, DetectedFace
from enrollment.domain.faces import LinkedFace
from enrollment.faces.door import EarlierCut, FaceDoor, door_for

Replaced = dict[UUID, UUID]  # earlier face -> the new one that stands for it
MOST_EARLIER = 60  # faces, the latest first: each takes the engine some 10 ms
# Margin of a cut-out, as a part of the face's side: with less the detector does not find a face as blurred as the
# demo's latecomer, which it finds in the whole photo.
_AROUND = 1.0
TURN, GLANCE = 30.0, 0.1  # seconds that a photo waits at most for earlier ones of its lesson, and between two glances


def wait_for_earlier(capture: Capture, lease: datetime) -> None:
    """Wait until earlier photos of the lesson are recognised: of photos that arrive together each knows the faces of
    those before it, and nobody is listed or asked about once a photo.

    Not for ever: the process that recognises one may have died. After `TURN` the photo is read without it.
    """
    if capture.kind != Capture.Kind.PHOTO or not door_for(capture.institution).compares_faces:
        return
    until = time.monotonic() + TURN
    while photos_underway(capture, lease).exists() and time.monotonic() < until:
        time.sleep(GLANCE)


@dataclass(frozen=True, slots=True)
class Seen:
    """The faces of a photo, each linked to the same person's in `before`, and decided without regard to these.

    is_each_alone: true where the engine judges each picture by itself, so that a poor face says nothing against a mark.
    """

    faces: list[LinkedFace]
    decisions: list[Decision]
    before: list[DetectedFace]
    is_each_alone: bool = False

    @property
    def new_strangers(self) -> list[int]:
        """Places of the faces that are nobody's and were not seen before."""
        pairs = enumerate(zip(self.faces, self.decisions, strict=True))
        return [n for n, (face, decision) in pairs if decision.outcome in NOBODY and not face.same_as]


def see(capture: Capture, door: FaceDoor, image: Image.Image, roster: Collection[UUID], policy: Policy) -> Seen:
    """The faces of a photo, read together with the earlier ones that it may affect. Raises EngineUnavailable.

    Only where a stranger comes up it is compared with those who were marked, too: they are most of a class, and a
    student's second face may be too poor to be recognised by itself. Where comparisons are paid for, it alone is.
    """
    before = _faces_before(capture, door, policy)
    seen = _seen(door, image, before, roster, policy)
    marked = _marked_before(capture, door, policy) if door.compares_faces and seen.new_strangers else []
    if not marked:
        return seen
    if door.is_metered:
        return _with_strangers_linked(door, image, seen, marked)
    return _seen(door, image, [*before, *marked], roster, policy)


def _with_strangers_linked(door: FaceDoor, image: Image.Image, seen: Seen, marked: list[DetectedFace]) -> Seen:
    """The same faces, its new strangers linked to those of students who were marked; the others stay as they were seen.

    Raises EngineUnavailable.
    """
    places, cuts = _cuts_of(marked)
    links = door.link_strangers(image, seen.faces, seen.new_strangers, cuts)
    first = len(seen.before)
    faces = [
        LinkedFace(face.observation, face.same_as or tuple(first + places[n] for n in own))
        for face, own in zip(seen.faces, links, strict=True)
    ]
    return Seen(faces, seen.decisions, [*seen.before, *marked], is_each_alone=True)


def _seen(
    door: FaceDoor, image: Image.Image, before: list[DetectedFace], roster: Collection[UUID], policy: Policy
) -> Seen:
    faces = _detect_and_link(door, image, before, roster)
    return Seen(faces, decide([face.observation for face in faces], roster, policy), before)


def _faces_before(capture: Capture, door: FaceDoor, policy: Policy) -> list[DetectedFace]:
    """Faces of earlier photos of the lesson that a new one may affect: nobody's, doubtful, decided, weakly marked.

    Where each comparison is paid for marks are not compared again: they are most of the faces.
    """
    wanted = [
        detected_face
        for detected_face in _earlier(capture)
        if detected_face.outcome != Outcome.MARK
        or detected_face.decided_at
        or (not door.is_metered and is_weak(detected_face.similarity, policy))
    ]
    return wanted[:MOST_EARLIER]


def _marked_before(capture: Capture, door: FaceDoor, policy: Policy) -> list[DetectedFace]:
    """The latest face of each student who was marked in an earlier photo, of the marks that `_faces_before` leaves."""
    latest: dict[UUID | None, DetectedFace] = {}
    for face in _earlier(capture):
        is_clear = door.is_metered or not is_weak(face.similarity, policy)
        if face.outcome == Outcome.MARK and not face.decided_at and is_clear:
            latest.setdefault(face.student_id, face)
    return list(latest.values())[:MOST_EARLIER]


def _earlier(capture: Capture) -> list[DetectedFace]:
    """Faces of earlier photos of the lesson that are shown for themselves, the latest first; none for a frame."""
    if capture.kind != Capture.Kind.PHOTO:
        return []
    earlier = DetectedFace.objects.for_institution(capture.institution).filter(
        capture__session=capture.session_id,
        capture__kind=Capture.Kind.PHOTO,
        capture__state=Capture.State.DONE,
        capture__engine=capture.engine,
        capture__model=capture.model,
        same_as=None,
        may_be_joined=True,
    )
    rows = earlier.exclude(capture=capture).exclude(capture__picture="").select_related("capture")
    return list(rows.order_by("-capture__taken_at", "number"))


def _detect_and_link(
    door: FaceDoor, image: Image.Image, before: Sequence[DetectedFace], roster: Collection[UUID]
) -> list[LinkedFace]:
    """The faces of a photo, each joined to the faces `before` that are the same person's. Raises EngineUnavailable.

    Where the engine does not compare faces with each other each picture is seen by itself.
    """
    places, cuts = _cuts_of(before) if door.compares_faces else ([], [])
    return [
        LinkedFace(seen.observation, tuple(places[n] for n in seen.same_as))
        for seen in door.identify_searchable(image, roster=roster, earlier=cuts)
    ]


def _cuts_of(before: Sequence[DetectedFace]) -> tuple[list[int], list[list[EarlierCut]]]:
    """Cut-outs of the faces of each earlier photo that can be read, and the place in `before` of each in order."""
    pictures = cut_faces(before)
    places = [place for picture in pictures for place, _image in picture]
    return places, [[EarlierCut(cut, may_be(before[place])) for place, cut in picture] for picture in pictures]


def may_be(detected_face: DetectedFace) -> frozenset[UUID]:
    """The students whom a face is taken for: a person's word counts alone. Empty where nobody is named."""
    if detected_face.decided_at:
        return frozenset(pk for pk in [detected_face.decided_student_id] if pk)
    return named_by(detected_face)


def named_by(detected_face: DetectedFace) -> frozenset[UUID]:
    """Every student whom a face's row names."""
    candidates = (UUID(pk) for pk, _similarity in detected_face.candidates)
    named = (detected_face.student_id, detected_face.decided_student_id, *candidates)
    return frozenset(pk for pk in named if pk)


def decide_jointly(decisions: Sequence[Decision], seen: Seen, policy: Policy) -> list[JointDecision]:
    """Decisions about the faces of a photo, given the faces of earlier ones."""
    return join(
        decisions, [face.same_as for face in seen.faces], [_as_it_stands(face, policy, seen) for face in seen.before]
    )


def link_to_earlier(
    detected_faces: Sequence[DetectedFace], answers: Sequence[JointDecision], before: Sequence[DetectedFace]
) -> Replaced:
    """Link new faces, not stored yet, to the earlier ones of the same person; returns those that they replace.

    A person's decision about an earlier face is copied to the new one.
    """
    replaced: Replaced = {}
    for detected_face, answer in zip(detected_faces, answers, strict=True):
        if answer.same_as is not None:
            earlier = detected_face.same_as = before[answer.same_as]
            detected_face.decided_student_id, detected_face.decided_by_id = (
                earlier.decided_student_id,
                earlier.decided_by_id,
            )
            detected_face.decided_at = earlier.decided_at
        replaced |= {before[n].pk: detected_face.pk for n in answer.stands_for}
    return replaced


def replace_earlier(capture: Capture, replaced: Replaced) -> None:
    """Let new faces, stored now, replace earlier ones. Those that a person decided meanwhile stay as they are."""
    earlier = DetectedFace.objects.for_institution(capture.institution)
    for old, new in replaced.items():
        earlier.filter(pk=old, decided_at=None).update(same_as=new)


def _as_it_stands(detected_face: DetectedFace, policy: Policy, seen: Seen) -> EarlierFace:
    return EarlierFace(
        outcome=Outcome(detected_face.outcome),
        student_id=detected_face.student_id,
        is_decided=detected_face.decided_at is not None,
        decided_student_id=detected_face.decided_student_id,
        is_weak=not seen.is_each_alone and is_weak(detected_face.similarity, policy),
    )


def cut_faces(before: Sequence[DetectedFace]) -> list[list[tuple[int, Image.Image]]]:
    """Cut-outs of the faces of each earlier photo that can be read, with their places in `before`."""
    by_capture: dict[UUID, list[int]] = {}
    for place, detected_face in enumerate(before):
        by_capture.setdefault(detected_face.capture_id, []).append(place)
    pictures = []
    for places in by_capture.values():
        try:
            image = stored_image(before[places[0]].capture)
        except (PictureLost, PictureUnavailable):  # the new photo is worth reading without it
            continue
        pictures.append([(place, _cut_out(image, before[place])) for place in places])
    return pictures


def _cut_out(image: Image.Image, face: DetectedFace) -> Image.Image:
    beside, above = round(face.width * _AROUND), round(face.height * _AROUND)
    return image.crop(
        (face.left - beside, face.top - above, face.left + face.width + beside, face.top + face.height + above)
    )
