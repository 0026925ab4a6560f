"""Requirements for an enrolment photo, with any engine: one face, of sufficient quality."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from enrollment.domain.faces import Box, ManyFaces, NoFace, PoorQuality, Quality, Refusal

# Least quality of an enrolment photo. Narrower faces are recognised less often (97 % at 64 px, 95 % at 40).
MIN_FACE_PX = 48
# Of 6,109 LFW faces two are below; of the same blurred by a Gaussian of 3 px (faces 93 px wide) four in ten.
MIN_SHARPNESS = 0.06
# The darkest of those LFW faces is at 45, the brightest at 197: a dark skin in ordinary light is never refused.
MIN_BRIGHTNESS = 30.0
MAX_BRIGHTNESS = 225.0
# A face this many times as wide as every other is the intended one; the others are behind. Of 836 news photos of
# LFW, often of several people, 8 % are refused for a second face; 14 % would be if half the width were enough.
DOMINANT = 1.5


class Seen(Protocol):
    """A face with its box and quality."""

    @property
    def box(self) -> Box: ...

    @property
    def quality(self) -> Quality: ...


Face = TypeVar("Face", bound=Seen)


def the_one_face(faces: Sequence[Face]) -> Face:
    """The intended face of an enrolment photo: the only one, or one that dominates. Raises NoFace, ManyFaces."""
    if not faces:
        raise NoFace("no face")
    largest, *others = sorted(faces, key=lambda face: face.box.width, reverse=True)
    near = [face for face in others if face.box.width * DOMINANT > largest.box.width]
    if near:
        raise ManyFaces(1 + len(near))
    return largest


def require_quality(quality: Quality) -> None:
    """Raises PoorQuality with the first reason against enrolling a face of this quality."""
    reasons = (
        (Refusal.TOO_SMALL, quality.face_px < MIN_FACE_PX),
        (Refusal.DARK, quality.brightness < MIN_BRIGHTNESS),
        (Refusal.BRIGHT, quality.brightness > MAX_BRIGHTNESS),
        (Refusal.BLURRED, quality.sharpness < MIN_SHARPNESS),
    )
    for reason, applies in reasons:
        if applies:
            raise PoorQuality(reason, quality)
