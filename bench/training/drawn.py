"""Covers from which the cover detector is trained: other shapes and colours than those of the published table.

They are drawn as those of `attendance.evaluation.drawn_covers` are, on photos that the table never tries.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from attendance.evaluation.drawn_covers import FINE, Drawing, ellipse, laid_on, lines, outline
from enrollment.faces.local.arrays import Array

BEAK = ((56, 58), (72, 70), (94, 80), (92, 98), (74, 118), (56, 128), (38, 118), (20, 98), (18, 80), (40, 70))
SCARF = ((-2, 74), (24, 70), (56, 68), (88, 70), (114, 74), (114, 140), (-2, 140))
VISOR = ((14, 40), (56, 42), (98, 40), (96, 62), (72, 66), (56, 59), (40, 66), (16, 62))


def cloth(pixels: Array, landmarks: Array, random: np.random.Generator) -> Array:
    """A pointed mask or a scarf of any colour, striped or plain."""
    shape = outline(jittered((BEAK, SCARF)[random.integers(2)], random))
    colour = random.uniform(20, 245, 3)
    pattern = stripes(shape.shape, random) if random.random() < 0.5 else np.ones(shape.shape)
    fabric = colour * pattern[..., None] + random.normal(0, random.uniform(0, 12), (*shape.shape, 1))
    return laid_on(pixels, landmarks, fabric, shape * 1.0)


def hand(pixels: Array, landmarks: Array, random: np.random.Generator) -> Array:
    """A hand before mouth and nose: four fingers in the colour of the cheek, with dark gaps."""
    skin = pixels[tuple(np.clip(landmarks[2][::-1].round().astype(int), 0, np.array(pixels.shape[:2]) - 1))]
    top = random.uniform(64, 80)
    shape = outline(jittered(((8, top), (104, top + random.uniform(-8, 8)), (104, 130), (8, 130)), random))
    flesh = np.broadcast_to(skin.astype(np.float32) * random.uniform(0.8, 1.15), (*shape.shape, 3)).copy()
    for gap in np.linspace(top + 10, 122, 4):
        flesh[lines([((4, gap), (108, gap + random.uniform(-6, 6)))])] *= 0.6
    return laid_on(pixels, landmarks, flesh, shape * 1.0)


def round_glasses(pixels: Array, landmarks: Array, random: np.random.Generator) -> Array:
    """Round lenses of any dark or mirroring colour."""
    radius, lift = random.uniform(13, 20), random.uniform(-3, 3)
    both = ellipse((37, 53 + lift), (radius, radius * 0.85)) | ellipse((75, 53 + lift), (radius, radius * 0.85))
    shape = both | lines([((48, 48 + lift), (64, 48 + lift)), ((18, 50), (-4, 46)), ((94, 50), (116, 46))])
    shine = np.linspace(random.uniform(0.5, 1.5), random.uniform(0.5, 1.5), shape.shape[0])[:, None, None]
    lens = np.broadcast_to(random.uniform(5, 150, 3) * shine, (*shape.shape, 3))
    return laid_on(pixels, landmarks, lens, shape * random.uniform(0.88, 1.0), shaded=random.uniform(0, 1))


def visor(pixels: Array, landmarks: Array, random: np.random.Generator) -> Array:
    """One curved lens, or a band, over both eyes, of any colour."""
    shape = outline(jittered(VISOR, random))
    tint = np.broadcast_to(random.uniform(5, 220, 3).astype(np.float32), (*shape.shape, 3))
    return laid_on(pixels, landmarks, tint, shape * random.uniform(0.9, 1.0), shaded=random.uniform(0, 1))


TAUGHT: Mapping[str, tuple[Drawing, ...]] = MappingProxyType({"lower": (cloth, hand), "upper": (round_glasses, visor)})


def stripes(shape: tuple[int, ...], random: np.random.Generator) -> Array:
    """Light and dark stripes of any direction and width: factors about 1."""
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]] / FINE
    angle, width = random.uniform(0, np.pi), random.uniform(3, 14)
    return 1 + random.uniform(0.05, 0.4) * np.sign(np.sin((x * np.cos(angle) + y * np.sin(angle)) / width * np.pi))


def jittered(corners: Any, random: np.random.Generator) -> Array:
    """Corners moved a little, each by itself and all together."""
    points = np.asarray(corners, np.float32)
    return points + random.normal(0, 2, points.shape) + random.normal(0, 2, 2)
