"""Analysis of a picture: each face's box, landmarks, quality and vector."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import cv2
import numpy as np
from PIL.Image import Image

from enrollment.domain.faces import Box, Quality, RawFace
from enrollment.faces.local.arrays import Array
from enrollment.faces.local.cover import cover_of
from enrollment.faces.local.light import Tone, lit
from enrollment.faces.local.lightcnn import SIDE as SECOND_SIDE
from enrollment.faces.local.networks import CROP, SMALL, Networks, without_overlaps
from enrollment.faces.local.small import refine_landmarks
from enrollment.faces.local.wide import is_panorama, parts_of, placed, shared

# Positions of eyes, nose and corners of the mouth in SFace's 112 x 112 crop, as in cv2's alignCrop.
LANDMARKS = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]], np.float32
)
PLANE = np.array([1, 1j])  # points (n, 2) times this are points of the complex plane
# Longer side of the copy that is searched. At 1024, their own size, the WIDER FACE group photos have a recall of 0.87
# at 16 to 24 px and 0.94 above; at 800 they lose 2 to 5 points below 32 px. 1920 finds a 4000 px photo's 33 px faces.
MAX_SIDE = 1920
# Faces wider than some 450 px are found with less confidence, above 620 px not at all (London portraits enlarged to
# 1440 to 3000 px): a smaller copy finds those. Smaller faces are taken from the larger copy, which shows them better.
CLOSE_SIDE = SMALL
CLOSE_FACE = 64
# From this enlargement of a face on, pixels are interpolated by cubics: at 24 px 92.8 instead of 92.0 % are
# marked (LFW, one photo). Lanczos is no better, sharpening worse.
ENLARGED = 2.0


@dataclass(frozen=True, slots=True)
class AnalysedFace:
    """One face. landmarks: float32 (5, 2), pixels of the picture, in the order of `LANDMARKS`; vector: float32 (128,),
    of length 1, not centred; second: the same by the second embedder, (256,), if the face was re-embedded."""

    box: Box
    landmarks: Array
    quality: Quality
    vector: Array
    second: Array | None = None

    @property
    def stored(self) -> Array:
        """The vector as a gallery stores it: both vectors concatenated, or the first alone."""
        return self.vector if self.second is None else np.concatenate([self.vector, self.second])


Boxed = TypeVar("Boxed", AnalysedFace, RawFace)


def analyse(image: Image, networks: Networks) -> list[AnalysedFace]:
    """All faces of an upright picture, left to right by rows. Raises EngineUnavailable."""
    return analyse_many([image], networks)[0]


def analyse_many(images: Sequence[Image], networks: Networks) -> list[list[AnalysedFace]]:
    """As `analyse`, of several pictures, whose faces are embedded together. Raises EngineUnavailable."""
    found = [_found(image, networks) for image in images]
    crops = [lit(crop, tone) for tone, _rows, own in found for crop in own]
    vectors = iter(networks.embed(np.stack(crops)) if crops else ())
    return [
        [
            AnalysedFace(box_of(row), row[4:14].reshape(5, 2), quality(crop, row), next(vectors))
            for row, crop in zip(rows, own, strict=True)
        ]
        for _tone, rows, own in found
    ]


def reembed(image: Image, faces: Sequence[AnalysedFace], networks: Networks) -> list[AnalysedFace]:
    """The same faces of the picture, re-embedded with the second model. Raises EngineUnavailable."""
    if not faces:
        return []
    return _reembedded(faces, _second_crops(image, faces), networks)


def reembed_parts(parts: Sequence[tuple[Image, AnalysedFace]], networks: Networks) -> list[AnalysedFace]:
    """As `reembed`, of faces of several pictures, each given with its own. Raises EngineUnavailable."""
    if not parts:
        return []
    crops = [crop for image, face in parts for crop in _second_crops(image, [face])]
    return _reembedded([face for _image, face in parts], crops, networks)


def _second_crops(image: Image, faces: Sequence[AnalysedFace]) -> list[Array]:
    pixels = pixels_of(image)
    tone = Tone.of(pixels)
    return [lit(aligned(pixels, face.landmarks, SECOND_SIDE), tone) for face in faces]


def _reembedded(faces: Sequence[AnalysedFace], crops: Sequence[Array], networks: Networks) -> list[AnalysedFace]:
    vectors = networks.embed_second(np.stack(crops))
    return [replace(face, second=vector) for face, vector in zip(faces, vectors, strict=True)]


def middle_face(faces: Sequence[Boxed], size: tuple[int, int]) -> Boxed | None:
    """The main face of a picture of `size`: the one whose distance from the middle is smallest for its width."""

    def distance(face: Boxed) -> float:
        box = face.box
        offset = (box.left + box.width / 2 - size[0] / 2, box.top + box.height / 2 - size[1] / 2)
        return float(np.hypot(*offset)) / max(box.width, 1)

    return min(faces, key=distance, default=None)


def detect(image: Image, networks: Networks) -> list[RawFace]:
    """The same faces in the same order, without vectors: for an engine that needs boxes and quality alone."""
    _tone, rows, crops = _found(image, networks)
    return [RawFace(box_of(row), quality(crop, row)) for row, crop in zip(rows, crops, strict=True)]


def pixels_of(image: Image) -> Array:
    """A picture's RGB pixels (h, w, 3), uint8. `convert` would copy one that is RGB already."""
    return np.asarray(image if image.mode == "RGB" else image.convert("RGB"))


def _found(image: Image, networks: Networks) -> tuple[Tone, Array, list[Array]]:
    """The picture's tone, the detector's rows (n, 15) in reading order, and each face's aligned crop."""
    pixels = pixels_of(image)
    tone = Tone.of(pixels)
    rows = find(pixels, tone, networks)
    rows = refine_landmarks(rows[reading_order(rows)], pixels, tone, networks)
    return tone, rows, [aligned(pixels, row[4:14].reshape(5, 2)) for row in rows]


def find(pixels: Array, tone: Tone, networks: Networks) -> Array:
    """Detector rows (n, 15) of a picture, in its own pixels.

    A large picture is searched in a smaller copy, which is quicker and loses only faces too small to recognise. A
    still smaller copy finds very close faces, which the detector misses at the larger size. A panorama is searched in
    parts.
    """
    side = max(pixels.shape[:2])
    found = _found_at(min(side, MAX_SIDE), pixels, tone, networks)
    if side > MAX_SIDE and is_panorama(pixels.shape[1], pixels.shape[0]):
        found = _with_parts(found, pixels, tone, networks)
    if side <= 2 * CLOSE_SIDE:
        return found
    close = _found_at(CLOSE_SIDE, pixels, tone, networks)
    return without_overlaps(np.concatenate([found, close[close[:, 2] >= CLOSE_FACE * side / CLOSE_SIDE]]))


def _with_parts(found: Array, pixels: Array, tone: Tone, networks: Networks) -> Array:
    """The detector's rows in the parts of a panorama, and those `found` in the whole that no part can hold."""
    height, width = pixels.shape[:2]
    beside = width > height
    rows = [found[found[:, 2] >= shared(width, height) / 2]]
    for part in parts_of(width, height):
        cut = pixels[:, part.begin : part.end] if beside else pixels[part.begin : part.end]
        seen = _found_at(min(max(cut.shape[:2]), MAX_SIDE), cut, tone, networks)
        rows.append(placed(seen, part, beside=beside))
    return without_overlaps(np.concatenate(rows))


def _found_at(side: int, pixels: Array, tone: Tone, networks: Networks) -> Array:
    height, width = pixels.shape[:2]
    scale = side / max(height, width)
    if scale < 1:
        pixels = cv2.resize(pixels, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)
    rows = networks.detect(pixels if tone.plain else tone.corrected(pixels))
    rows[:, :14] /= scale
    return rows


def aligned(pixels: Array, landmarks: Array, side: int = CROP) -> Array:
    """The 112 x 112 crop for SFace, or the same of another side, by the least-squares similarity of the landmarks
    (5, 2) (Umeyama 1991).

    A face much larger than the crop is first reduced by area averaging: sampling four pixels out of hundreds would
    keep the noise and lose the face.
    """
    wanted = LANDMARKS if side == CROP else (LANDMARKS + 0.5) * (side / CROP) - 0.5
    matrix = similarity(landmarks, wanted)
    shrink = int(1 / max(float(np.hypot(matrix[0, 0], matrix[1, 0])), 1e-6))
    if shrink < 2:
        smooth = np.hypot(matrix[0, 0], matrix[1, 0]) > ENLARGED
        return cv2.warpAffine(pixels, matrix, (side, side), flags=cv2.INTER_CUBIC if smooth else cv2.INTER_LINEAR)
    left, top, right, bottom = _surroundings(matrix, side, pixels.shape, 2 * shrink)
    part = pixels[top:bottom, left:right]
    small = cv2.resize(part, None, fx=1 / shrink, fy=1 / shrink, interpolation=cv2.INTER_AREA)
    # Pixel centres: x in the small part is (x + 0.5) / ratio - 0.5 of the large one, the ratio as resize rounded it.
    ratio = np.array([part.shape[1] / small.shape[1], part.shape[0] / small.shape[0]])
    moved = (landmarks - (left, top) + 0.5) / ratio - 0.5
    return cv2.warpAffine(small, similarity(moved, wanted), (side, side))


def similarity(source: Array, target: Array) -> Array:
    """The 2 x 3 matrix of rotation, scale and shift that maps `source` (n, 2) nearest to `target` (n, 2)."""
    # In the plane the least-squares rotation and scale are one complex number: a tenth of the decomposition's time.
    moved, fixed = source.astype(np.float64) @ PLANE, target.astype(np.float64) @ PLANE
    moved_mean, fixed_mean = moved.mean(), fixed.mean()
    centred = moved - moved_mean
    turn = np.vdot(centred, fixed - fixed_mean) / max(np.vdot(centred, centred).real, 1e-9)
    shift = fixed_mean - turn * moved_mean
    return np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])


def _surroundings(matrix: Array, side: int, shape: tuple[int, ...], border: int) -> tuple[int, int, int, int]:
    """The part of a picture covered by a crop's matrix, plus a border: left, top, right, bottom in pixels."""
    back = cv2.invertAffineTransform(matrix)
    corners = np.array([[0, 0], [side, 0], [0, side], [side, side]], np.float64) @ back[:, :2].T + back[:, 2]
    left, top = np.clip(np.floor(corners.min(0)).astype(int) - border, 0, (shape[1] - 1, shape[0] - 1))
    right, bottom = np.clip(np.ceil(corners.max(0)).astype(int) + border, (left + 1, top + 1), (shape[1], shape[0]))
    return int(left), int(top), int(right), int(bottom)


def quality(crop: Array, row: Array) -> Quality:
    """Quality of a face, from its aligned RGB crop (112, 112, 3) before any correction, and its detector row."""
    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    brightness, contrast = _mean_and_deviation(grey)
    _, edges = _mean_and_deviation(cv2.Laplacian(grey, cv2.CV_16S))
    return Quality(
        face_px=round(float(row[2])),
        sharpness=edges / max(contrast, 1.0),
        brightness=brightness,
        contrast=contrast,
        confidence=float(row[14]),
        cover=cover_of(crop),
    )


def _mean_and_deviation(plane: Array) -> tuple[float, float]:
    mean, deviation = cv2.meanStdDev(plane)
    return float(mean[0, 0]), float(deviation[0, 0])


def reading_order(rows: Array) -> list[int]:
    """Indices of detector rows, left to right, row by row: faces are in one row if they overlap half in height."""
    middle = rows[:, 1] + rows[:, 3] / 2
    lines: list[list[int]] = []
    for i in np.argsort(middle, kind="stable"):
        if lines and middle[i] - middle[lines[-1][0]] < rows[lines[-1][0], 3] / 2:
            lines[-1].append(int(i))
        else:
            lines.append([int(i)])
    return [i for line in lines for i in sorted(line, key=lambda j: float(rows[j, 0]))]


def box_of(row: Array) -> Box:
    left, top, width, height = (round(float(value)) for value in row[:4])
    return Box(left, top, width, height)
