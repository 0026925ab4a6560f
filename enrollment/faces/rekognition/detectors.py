"""Face detectors of the Rekognition engine: the embedded network on this machine, or Rekognition's own."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from PIL.Image import Image

from enrollment.domain.faces import Box, Cover, Quality, RawFace
from enrollment.faces.crops import whole_jpeg
from enrollment.faces.local.analysis import reading_order
from enrollment.faces.rekognition.calls import RekognitionCalls

# Attributes requested besides the box: only those that the decision uses, at the same price.
ATTRIBUTES = ["DEFAULT", "FACE_OCCLUDED", "SUNGLASSES"]


# All faces of an upright picture, left to right by rows. Raises EngineUnavailable.
Detector = Callable[[Image], list[RawFace]]


def rekognition_detector(calls: RekognitionCalls) -> Detector:
    """Detector by `DetectFaces`: one call a picture, at most its 100 largest faces."""

    def find(image: Image) -> list[RawFace]:
        picture = {"Bytes": whole_jpeg(image)}
        answer = calls.one("DetectFaces", Image=picture, Attributes=ATTRIBUTES) or {}
        faces = [detected(detail, image.size) for detail in answer.get("FaceDetails") or []]
        boxes = [(f.box.left, f.box.top, f.box.width, f.box.height) for f in faces]
        return [faces[i] for i in reading_order(np.array(boxes, np.float32).reshape(-1, 4))]

    return find


def detected(detail: dict[str, Any], size: tuple[int, int]) -> RawFace:
    """A `FaceDetail` in pixels of the picture and in the units of `Quality`.

    AWS states brightness, sharpness and confidence from 0 to 100, and no contrast. Its sharpness is another measure
    than the embedded engine's: only a hopeless face is refused by it here, `IndexFaces` has a filter of its own.
    """
    box = box_in(detail["BoundingBox"], size)
    quality = detail.get("Quality") or {}
    return RawFace(
        box,
        Quality(
            face_px=box.width,
            sharpness=float(quality.get("Sharpness", 100.0)) / 100,
            brightness=float(quality.get("Brightness", 50.0)) * 2.55,
            contrast=0.0,
            confidence=float(detail.get("Confidence", 0.0)) / 100,
            cover=cover_in(detail),
        ),
    )


def box_in(ratio: Mapping[str, float], size: tuple[int, int]) -> Box:
    """A `BoundingBox`, which AWS states in parts of the picture's sides, in pixels."""
    width, height = size
    return Box(
        left=round(ratio["Left"] * width),
        top=round(ratio["Top"] * height),
        width=round(ratio["Width"] * width),
        height=round(ratio["Height"] * height),
    )


def cover_in(detail: dict[str, Any]) -> Cover | None:
    """The cover of a face by its `FaceDetail`: Rekognition tells sunglasses, otherwise only that there is one."""
    if (detail.get("Sunglasses") or {}).get("Value"):
        return Cover.UPPER
    return Cover.PART if (detail.get("FaceOccluded") or {}).get("Value") else None
