"""Masks, sunglasses and bars drawn on photos of faces, for measuring: there is no set of real ones.

A cover is drawn in the coordinates of the aligned face (112 x 112, `LANDMARKS` of `enrollment.faces.local.analysis`)
and laid on the photo by the affine map that brings those landmarks nearest to the face's own, so that it turns,
leans and narrows with the head. It takes on the face's own light: its colour is multiplied by the blurred grey of what
it covers.

`TRIED` are the covers of the published table. The cover detector was trained on others (`bench/training/drawn.py`):
measured and taught covers differ.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import cv2
import numpy as np

from enrollment.faces.local.analysis import LANDMARKS
from enrollment.faces.local.arrays import Array

Colour = tuple[int, int, int]
Drawing = Callable[[Array, Array, np.random.Generator], Array]

FINE = 4  # a shape is drawn this many times as large and then reduced, which gives it soft edges
SHADE_SIGMA = 8.0  # pixels of the aligned face over which its light is averaged
BLUE, BLACK, GREY = (168, 200, 222), (38, 38, 42), (128, 128, 128)

# Outlines in the aligned face. Eyes lie at y 52, the tip of the nose at 72, the mouth at 92, the chin at some 116.
MASK = ((56, 61), (70, 64), (90, 66), (99, 72), (97, 92), (84, 114), (68, 124), (44, 124), (28, 114), (15, 92),
        (13, 72), (22, 66), (42, 64))  # fmt: skip
LOWER_HALF = ((-8, 64), (120, 64), (120, 136), (-8, 136))
UPPER_HALF = ((-8, 34), (120, 34), (120, 63), (-8, 63))


def surgical_mask(pixels: Array, landmarks: Array, colour: Colour) -> Array:
    """A pleated mask from the bridge of the nose to below the chin, with loops to the ears."""
    shape = outline(MASK) | lines(
        [((13, 72), (-2, 60)), ((99, 72), (114, 60)), ((15, 92), (-2, 78)), ((97, 92), (114, 78))]
    )
    cloth = np.full((*shape.shape, 3), colour, np.float32)
    for y in (78, 88, 98):
        cloth[lines([((16, y), (96, y + 3))])] *= 0.8
    return laid_on(pixels, landmarks, cloth, shape * 1.0)


def dark_glasses(pixels: Array, landmarks: Array) -> Array:
    """Opaque black glasses with a straight upper edge."""
    lens = ((18, 42), (51, 43), (49, 60), (40, 66), (26, 65), (18, 56))
    other = tuple((112 - x, y) for x, y in lens)
    frame = lines([((50, 46), (62, 46)), ((18, 45), (-4, 42)), ((94, 45), (116, 42))])
    shape = outline(lens) | outline(other) | frame
    return laid_on(pixels, landmarks, np.full((*shape.shape, 3), (22, 22, 26), np.float32), shape * 1.0)


def aviators(pixels: Array, landmarks: Array) -> Array:
    """Large brown lenses, darker above than below, through which a seventh of the face is seen."""
    rim = ellipse((37, 55), (18, 15)) | ellipse((75, 55), (18, 15)) | lines([((48, 46), (64, 46))])
    tint = np.array((70, 48, 34), np.float32) * np.linspace(0.6, 1.5, rim.shape[0])[:, None, None]
    return laid_on(pixels, landmarks, np.broadcast_to(tint, (*rim.shape, 3)), rim * 0.86)


def bar(pixels: Array, landmarks: Array, corners: tuple[tuple[int, int], ...]) -> Array:
    """A plain grey bar without any light or shade."""
    shape = outline(corners)
    return laid_on(pixels, landmarks, np.full((*shape.shape, 3), GREY, np.float32), shape * 1.0, shaded=0.0)


TRIED: Mapping[str, Drawing] = MappingProxyType({
    "mask_blue": lambda pixels, landmarks, _random: surgical_mask(pixels, landmarks, BLUE),
    "mask_black": lambda pixels, landmarks, _random: surgical_mask(pixels, landmarks, BLACK),
    "bar_lower": lambda pixels, landmarks, _random: bar(pixels, landmarks, LOWER_HALF),
    "glasses_black": lambda pixels, landmarks, _random: dark_glasses(pixels, landmarks),
    "glasses_aviator": lambda pixels, landmarks, _random: aviators(pixels, landmarks),
    "bar_upper": lambda pixels, landmarks, _random: bar(pixels, landmarks, UPPER_HALF),
})  # fmt: skip


# -- Shapes, in the aligned face: bool arrays (FINE times 224, both ways), since a cover may reach beyond the crop ----

ROOM = 56  # pixels round the aligned face


def _points(corners: Any) -> Array:
    return ((np.asarray(corners, np.float32) + ROOM) * FINE).round().astype(np.int32)


def _empty() -> Array:
    side = (112 + 2 * ROOM) * FINE
    return np.zeros((side, side), np.uint8)


def outline(corners: Any) -> Array:
    """The inside of a polygon."""
    return cv2.fillPoly(_empty(), [_points(corners)], 1) > 0


def ellipse(centre: tuple[float, float], radii: tuple[float, float]) -> Array:
    """The inside of an upright ellipse."""
    size = round(radii[0] * FINE), round(radii[1] * FINE)
    return cv2.ellipse(_empty(), tuple(map(int, _points(centre))), size, 0, 0, 360, 1, -1) > 0


def lines(ends: Any, width: float = 2.0) -> Array:
    """Straight strokes between pairs of points."""
    canvas = _empty()
    for start, end in ends:
        cv2.line(canvas, tuple(map(int, _points(start))), tuple(map(int, _points(end))), 1, round(width * FINE))
    return canvas > 0


def laid_on(pixels: Array, landmarks: Array, colours: Array, alpha: Array, shaded: float = 1.0) -> Array:
    """An RGB picture (h, w, 3) with a cover on the face: colours (n, n, 3) and opacity (n, n) in the aligned face.

    shaded: degree to which the cover takes on the light of the face, 0 to 1.
    """
    height, width = pixels.shape[:2]
    ones = np.hstack([(LANDMARKS + ROOM) * FINE, np.ones((5, 1), np.float32)])
    matrix = np.linalg.lstsq(ones, np.asarray(landmarks, np.float32), rcond=None)[0].T
    unit = float(np.sqrt(abs(np.linalg.det(matrix[:, :2])))) * FINE  # pixels of the picture in one of the aligned face
    soft = max(0.3 / (unit / FINE), 0.5)  # averages what one pixel of the picture sees
    sheet = cv2.GaussianBlur(np.dstack([np.asarray(colours, np.float32), np.asarray(alpha, np.float32)]), (0, 0), soft)
    warped = cv2.warpAffine(sheet, matrix, (width, height), flags=cv2.INTER_LINEAR)
    grey = cv2.GaussianBlur(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32), (0, 0), SHADE_SIGMA * unit)
    inside = warped[..., 3] > 0.5
    light = grey / max(float(grey[inside].mean()) if inside.any() else 1.0, 1.0)
    cover = warped[..., :3] * (1 + shaded * (light - 1))[..., None]
    opacity = warped[..., 3:]
    return np.clip(pixels * (1 - opacity) + cover * opacity, 0, 255).round().astype(np.uint8)
