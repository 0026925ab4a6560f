"""Degradations of photos, in documented steps: photos in, worse photos out, the same for the same seed.

Pixel values are those of the file, as a camera encodes them (sRGB). Half of a value is therefore less than half of the
light: with a gamma of 2.2 a half is 22 %, a quarter 5 %, a tenth 0.6 % of it. None of this is a real dim room, a real
mask or a real back row: it measures a stack's loss by each step, not a school's experience.
"""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import cv2
import numpy as np
from PIL import Image

from attendance.evaluation.drawn_covers import TRIED, Drawing
from enrollment.faces.local.arrays import Array

NOISE = 6.0  # spread, in pixel values, of a sensor's noise at high gain
QUALITY = 75  # of the JPEG that a camera makes
VEIL, VEILED = 200.0, 0.2  # the light over everything, and the rest of the contrast
SHADE, GLARE = 0.2, 0.3  # back-lit: the rest of the person's values, and of the background's distance from white


@dataclass(frozen=True, slots=True)
class Face:
    """Position of a face, for steps that depend on it, in pixels of the picture. landmarks: float32 (5, 2)."""

    landmarks: Array
    width: float


NOWHERE = Face(np.zeros((5, 2), np.float32), 1.0)

Step = Callable[[Image.Image, Face, np.random.Generator], Image.Image]


@dataclass(frozen=True, slots=True)
class Degradation:
    """A degradation of pictures. steps: its description in words; by_face: true if it needs the face's position."""

    group: str
    steps: str
    step: Step
    by_face: bool = False

    def __call__(self, image: Image.Image, face: Face | None, seed: int) -> Image.Image:
        """The degraded picture, RGB. The same seed gives the same picture. Raises ValueError without a needed face."""
        if face is None and self.by_face:
            raise ValueError(f"Where the face is has to be known for: {self.steps}.")
        return self.step(image.convert("RGB"), face or NOWHERE, np.random.default_rng(seed))


def darkened(image: Image.Image, factor: float, random: np.random.Generator) -> Image.Image:
    """Values times `factor`, plus Gaussian noise of NOISE, rounded, as a JPEG of QUALITY."""
    values = np.asarray(image, np.float32) * factor
    return jpeg(picture(values + random.normal(0, NOISE, values.shape)), QUALITY)


def veiled(image: Image.Image, random: np.random.Generator) -> Image.Image:
    """Values drawn together towards a bright veil, plus a third of the noise, as a JPEG of QUALITY."""
    values = np.asarray(image, np.float32) * VEILED + VEIL * (1 - VEILED)
    return jpeg(picture(values + random.normal(0, NOISE / 3, values.shape)), QUALITY)


def against_window(image: Image.Image, face: Face, random: np.random.Generator) -> Image.Image:
    """The person at SHADE of their values, everything round them near white, noise of NOISE, as a JPEG of QUALITY.

    The picture as a whole uses the full range, only the face does not. The person is an ellipse for the head and a
    larger one for the shoulders below it, with an edge as soft as a tenth of the face.
    """
    values = np.asarray(image, np.float32)
    y, x = np.mgrid[0 : values.shape[0], 0 : values.shape[1]].astype(np.float32)
    middle, width = face.landmarks.mean(0), face.width
    head = ((x - middle[0]) / (0.75 * width)) ** 2 + ((y - middle[1] + 0.1 * width) / (1.05 * width)) ** 2 <= 1
    body = ((x - middle[0]) / (1.6 * width)) ** 2 + ((y - middle[1] - 2.2 * width) / (1.5 * width)) ** 2 <= 1
    person = cv2.GaussianBlur((head | body).astype(np.float32), (0, 0), max(0.1 * width, 0.5))[..., None]
    lit = person * values * SHADE + (1 - person) * (255 - (255 - values) * GLARE)
    return jpeg(picture(lit + random.normal(0, NOISE, values.shape)), QUALITY)


def blurred(image: Image.Image, sigma: float) -> Image.Image:
    """The picture with a Gaussian blur of `sigma` pixels, whatever the width of its faces."""
    return picture(cv2.GaussianBlur(np.asarray(image), (0, 0), sigma))


def smeared(image: Image.Image, length: int) -> Image.Image:
    """The mean of `length` copies, each shifted one pixel further: somebody moved while the shutter was open."""
    return picture(cv2.blur(np.asarray(image), (length, 1)))


def jpeg(image: Image.Image, quality: int) -> Image.Image:
    """The picture written as a JPEG and read again."""
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return Image.open(file).convert("RGB")


def sized(image: Image.Image, face: Face, width: int) -> Image.Image:
    """The picture made smaller until the face is `width` pixels wide (Lanczos, which averages)."""
    scale = width / face.width
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    return image.resize(size, Image.Resampling.LANCZOS)


def picture(values: Array) -> Image.Image:
    """An RGB picture from values (h, w, 3), rounded and clipped to 0 to 255."""
    return Image.fromarray(np.clip(np.rint(values), 0, 255).astype(np.uint8))


def _dim(factor: float, words: str) -> Degradation:
    steps = f"values × {words}, noise σ {NOISE:g}, JPEG {QUALITY}"
    return Degradation("light", steps, lambda image, _face, random: darkened(image, factor, random))


def moved(length: int) -> Degradation:
    """A picture in which everything moved sideways by `length` pixels."""
    return Degradation("blur", f"moved by {length} px", lambda image, _face, _random: smeared(image, length))


def blur(sigma: float) -> Degradation:
    """A picture out of focus."""
    return Degradation("blur", f"Gaussian σ {sigma:g} px", lambda image, _face, _random: blurred(image, sigma))


def _jpeg(quality: int) -> Degradation:
    return Degradation("jpeg", f"JPEG quality {quality}", lambda image, _face, _random: jpeg(image, quality))


def face_width(width: int) -> Degradation:
    """The picture made smaller until the face is `width` pixels wide."""
    steps = f"face {width} px wide"
    return Degradation("size", steps, lambda image, face, _random: sized(image, face, width), by_face=True)


def _covered(drawing: Drawing, half: str, words: str) -> Degradation:
    def step(image: Image.Image, face: Face, random: np.random.Generator) -> Image.Image:
        return Image.fromarray(drawing(np.asarray(image), face.landmarks, random))

    return Degradation(f"{half} half covered", words, step, by_face=True)


AS_IT_IS = Degradation("clean", "as it is", lambda image, _face, _random: image)
DEGRADATIONS: Mapping[str, Degradation] = MappingProxyType({
    "clean": AS_IT_IS,
    "half": _dim(0.5, "½"),
    "quarter": _dim(0.25, "¼"),
    "tenth": _dim(0.1, "⅒"),
    "veil": Degradation(
        "light", f"contrast × {VEILED:g} under a veil of {VEIL:g}, noise σ {NOISE / 3:g}, JPEG {QUALITY}",
        lambda image, _face, random: veiled(image, random),
    ),
    "window": Degradation(
        "light", f"person × {SHADE:g} before a bright background, noise σ {NOISE:g}, JPEG {QUALITY}", against_window,
        by_face=True,
    ),
    "blur_1": blur(1), "blur_2": blur(2), "blur_3": blur(3),
    "moved_9": moved(9), "jpeg_50": _jpeg(50), "jpeg_30": _jpeg(30), "jpeg_10": _jpeg(10),
    "px_64": face_width(64), "px_48": face_width(48), "px_32": face_width(32), "px_24": face_width(24),
    "mask_blue": _covered(TRIED["mask_blue"], "lower", "light blue surgical mask, drawn"),
    "mask_black": _covered(TRIED["mask_black"], "lower", "black mask, drawn"),
    "bar_lower": _covered(TRIED["bar_lower"], "lower", "grey bar from the nose down"),
    "glasses_black": _covered(TRIED["glasses_black"], "upper", "black sunglasses, drawn"),
    "glasses_aviator": _covered(TRIED["glasses_aviator"], "upper", "brown aviators, drawn"),
    "bar_upper": _covered(TRIED["bar_upper"], "upper", "grey bar over brows and eyes"),
})  # fmt: skip
