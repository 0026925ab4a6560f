"""Linking of a picture's faces to those of earlier pictures by `CompareFaces`, a paid call for one face and many.

The many are put beside each other on one sheet, with which each of the others is compared: an earlier face with all of
the new picture, or a stranger of the new picture with all who were marked earlier.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from math import ceil, sqrt
from typing import Any

import numpy as np
from PIL import Image

from enrollment.domain.faces import Box, EngineUnavailable
from enrollment.faces.local.arrays import Array
from enrollment.faces.rekognition.calls import RekognitionCalls
from enrollment.faces.rekognition.detectors import box_in
from enrollment.faces.rekognition.limits import RekognitionRefused

logger = logging.getLogger(__name__)

# Earlier faces that a picture is compared with: with these a class photo of thirty costs a third more at most.
MOST_COMPARED = 10
# Per cent from which two faces are one person's: that from which a face is marked, see `engine`. Not measured.
SAME = 95.0
MOST_TARGETS = 100  # faces of a sheet: Rekognition compares the 100 largest
TILE = 256  # pixels: a face fills half of it, far more than the 40 px that AWS asks for
NO_FACE = "InvalidParameterException"  # in the crop, or on the whole sheet


@dataclass(frozen=True, slots=True)
class Sheet:
    """Crops of one picture's faces as tiles of one JPEG, row by row."""

    jpeg: bytes
    columns: int
    faces: int
    size: tuple[int, int]

    @classmethod
    def of(cls, crops: Sequence[bytes]) -> "Sheet":
        """The sheet of these JPEGs, of which the first MOST_TARGETS are shown."""
        shown = crops[:MOST_TARGETS]
        columns = ceil(sqrt(len(shown)))
        sheet = Image.new("RGB", (columns * TILE, ceil(len(shown) / columns) * TILE), (128, 128, 128))
        for n, crop in enumerate(shown):
            with Image.open(BytesIO(crop)) as face:
                face.thumbnail((TILE, TILE))
                sheet.paste(face, (n % columns * TILE, n // columns * TILE))
        out = BytesIO()
        sheet.save(out, "JPEG", quality=92)
        return cls(out.getvalue(), columns, len(shown), sheet.size)

    def face_at(self, box: Box) -> int | None:
        """The face whose tile the middle of a box is in; None where there is none."""
        across, down = (box.left + box.width / 2) // TILE, (box.top + box.height / 2) // TILE
        face = int(down * self.columns + across)
        return face if 0 <= across < self.columns and 0 <= face < self.faces else None


def compared(calls: RekognitionCalls, crops: Sequence[bytes], others: Sequence[bytes | None]) -> Array:
    """Similarities in per cent, float32 (n, m), of n faces on a sheet and m others, 0 unless both are one person's.

    crops, others: JPEGs of one face each; None for one that is not compared. While the service does not answer
    nobody is linked: that a stranger is not listed twice is no reason to let the marks of a picture wait.
    """
    asked = [crop for crop in others if crop]
    sheet = Sheet.of(crops)
    requests = [
        {
            "SourceImage": {"Bytes": crop},
            "TargetImage": {"Bytes": sheet.jpeg},
            "SimilarityThreshold": SAME,
            "QualityFilter": "NONE",
        }
        for crop in asked
    ]
    try:
        answers = iter(calls.many("CompareFaces", requests, expected={NO_FACE}) if requests else [])
    except (EngineUnavailable, RekognitionRefused) as error:
        logger.warning("Faces are not compared with those of earlier pictures: %s", error)
        answers = iter([])
    return _similarities(len(crops), [next(answers, None) if crop else None for crop in others], sheet)


def _similarities(faces: int, answers: Sequence[Mapping[str, Any] | None], sheet: Sheet) -> Array:
    found = np.zeros((faces, len(answers)), np.float32)
    for n, answer in enumerate(answers):
        for match in (answer or {}).get("FaceMatches") or []:
            face = sheet.face_at(box_in(match["Face"]["BoundingBox"], sheet.size))
            if face is not None:
                found[face, n] = max(found[face, n], match["Similarity"])
    return found
