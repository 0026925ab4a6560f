"""Names over the faces of a photo: places in the photo's own pixels, computed here since styles may not be inline."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from attendance.domain.decision import Outcome
from attendance.models import Capture, DetectedFace
from enrollment.domain.faces import Box

UNITS = 640  # width of a photo in the units of its pills: about the pixels that it has on a laptop
_HEIGHT, _LETTER, _PADDING = 24.0, 9.0, 12.0  # of a pill, between the sizes on a phone and on a laptop


@dataclass(frozen=True, slots=True)
class FaceOnPhoto:
    """A face as it is drawn. name: empty for somebody unknown; ends in a question mark where somebody is asked.

    x, y: top left corner of the pill's place in pixels of the photo. scale: pixels a unit. width: of the place, units.
    """

    face: DetectedFace
    css: str
    name: str
    x: float
    y: float
    scale: float
    width: float


def faces_on_photo(capture: Capture, faces: Sequence[DetectedFace], names: Mapping[UUID, str]) -> list[FaceOnPhoto]:
    """The faces of one photo with their short names, none of which lies on another as far as there is room."""
    scale = max(capture.width, 1) / UNITS
    labels = [_label(face, names) for face in faces]
    places = pill_places([face.box for face in faces], labels, scale=scale, height=capture.height)
    return [
        FaceOnPhoto(face, _css(face), label, x, y, scale, width / scale)
        for face, label, (x, y, width) in zip(faces, labels, places, strict=True)
    ]


def pill_places(
    boxes: Sequence[Box], labels: Sequence[str], *, scale: float, height: int
) -> list[tuple[float, float, float]]:
    """Left, top and width of each face's pill, in pixels: at the foot of its box; where another is there, at its head,
    or below it. Those of empty labels take no room. height: of the photo, in pixels."""
    tall = _HEIGHT * scale
    placed: list[tuple[float, float, float, float]] = []
    places = []
    for box, label in zip(boxes, labels, strict=True):
        width = max(box.width * 1.3, 4 * _LETTER * scale)
        ink = min((len(label) * _LETTER + _PADDING) * scale, width)
        left = box.left + box.width / 2
        foot = min(box.top + box.height, height) - tall
        tops = (foot, max(box.top, 0), min(foot + tall, height - tall))
        top = next((top for top in tops if not _is_covered(left - ink / 2, top, ink, tall, placed)), foot)
        if label:
            placed.append((left - ink / 2, top, ink, tall))
        places.append((left - width / 2, top, width))
    return places


def _is_covered(x: float, y: float, wide: float, tall: float, placed: Iterable[tuple[float, ...]]) -> bool:
    return any(x < left + w and left < x + wide and y < top + h and top < y + tall for left, top, w, h in placed)


def _label(face: DetectedFace, names: Mapping[UUID, str]) -> str:
    if face.decided_at:
        return _short(face.decided_student_id, face, names)
    if face.outcome == Outcome.MARK:
        return _short(face.student_id, face, names)
    if face.outcome != Outcome.ASK:
        return ""
    return f"{_short(face.student_id, face, names)}?" if len(face.candidates) == 1 else "?"


def _short(student_id: UUID | None, face: DetectedFace, names: Mapping[UUID, str]) -> str:
    if student_id is None:
        return ""
    if student_id in names:
        return names[student_id]
    student = face.decided_student if face.decided_student_id == student_id else face.student
    return (student.name.split() or [""])[0] if student else ""


def _css(face: DetectedFace) -> str:
    return "mark" if face.decided_student_id else str(face.outcome)
