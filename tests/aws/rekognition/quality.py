"""Rekognition's quality filter: which faces are good enough, and why others are not.

Amazon does not publish its thresholds. AUTO and LOW are here what the embedded engine asks of an enrolment photo
(`enrollment.faces.local`), MEDIUM and HIGH are stricter.
"""

from dataclasses import dataclass

from tests.aws.rekognition.pictures import SeenFace


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The least that a face must offer. width_px: of the box; the rest in Rekognition's units."""

    width_px: int
    brightness: float
    sharpness: float
    confidence: float
    turned: float


_LOW = Thresholds(width_px=48, brightness=30 / 2.55, sharpness=37.5, confidence=60, turned=75)
THRESHOLDS = {
    "NONE": Thresholds(width_px=0, brightness=0, sharpness=0, confidence=0, turned=180),
    "AUTO": _LOW,
    "LOW": _LOW,
    "MEDIUM": Thresholds(width_px=64, brightness=16, sharpness=45, confidence=70, turned=60),
    "HIGH": Thresholds(width_px=80, brightness=20, sharpness=55, confidence=80, turned=45),
}


def reasons_against(face: SeenFace, quality_filter: str) -> list[str]:
    """Reasons for which a filter leaves a face out, in the words of `UnindexedFaces`; empty if it does not."""
    thresholds = THRESHOLDS[quality_filter]
    checks = (
        ("SMALL_BOUNDING_BOX", face.width_px < thresholds.width_px),
        ("LOW_BRIGHTNESS", face.brightness < thresholds.brightness),
        ("LOW_SHARPNESS", face.sharpness < thresholds.sharpness),
        ("LOW_CONFIDENCE", face.confidence < thresholds.confidence),
        ("EXTREME_POSE", max(abs(face.yaw), abs(face.pitch)) > thresholds.turned),
    )
    return [reason for reason, applies in checks if applies]
