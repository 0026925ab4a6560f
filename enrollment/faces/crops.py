"""Crops for Rekognition: one face to a crop, large enough, as JPEG, with the neighbours painted over.

Rekognition's image searches use the largest face alone, so a neighbour who leans into a crop could be searched for by
mistake; and students without consent need not be sent anywhere.
"""

import io
from collections.abc import Iterable
from dataclasses import dataclass

from PIL import Image

from enrollment.domain.faces import Box

Rectangle = tuple[int, int, int, int]

MIN_SIDE = 80  # pixels: Rekognition refuses smaller pictures
MAX_BYTES = 5 * 1024 * 1024  # of a picture that is sent as bytes
MAX_SIDE = 4096  # pixels: far more than detection needs, and well within the bytes
_GREY = (128, 128, 128)
_OWN = 0.1  # in parts of a face's side: margin around it that is never painted over


@dataclass(frozen=True, slots=True)
class Framing:
    """Framing of a crop.

    margin: kept around the face, in parts of its sides. smallest, largest: the face's width in the crop, pixels.
    """

    margin: float
    smallest: int
    largest: int


# Rekognition's detector needs a margin around a face. AWS asks for 40 px at least; a face of 64 px costs no more, and
# beyond 320 px only the upload grows.
SEARCH = Framing(margin=0.5, smallest=64, largest=320)
# AWS's advice for IndexFaces: head and shoulders, not cropped to the face.
ENROLMENT = Framing(margin=1.0, smallest=64, largest=480)
# Of a face that is compared beside others: so tight that a neighbour's middle is not in it.
ON_SHEET = Framing(margin=0.25, smallest=64, largest=160)


def face_jpeg(image: Image.Image, box: Box, others: Iterable[Box], framing: Framing) -> bytes:
    """The face in `box` with its surroundings as JPEG, at least MIN_SIDE pixels a side; `others` are painted over."""
    area = face_area(box, framing.margin, image.size)
    crop = image.crop(area).convert("RGB")
    own = face_area(box, _OWN, image.size)
    for other in others:
        crop.paste(_GREY, _moved(_corners(other), area))
    crop.paste(image.crop(own), _moved(own, area))
    return _jpeg(_scaled(crop, box.width, framing))


def whole_jpeg(image: Image.Image) -> bytes:
    """The picture as JPEG within Rekognition's limits: at least MIN_SIDE, at most MAX_SIDE a side and MAX_BYTES."""
    picture = image.convert("RGB")
    factor = min(MAX_SIDE / max(picture.size), max(1.0, MIN_SIDE / min(picture.size)))
    data = _jpeg(_resized(picture, factor))
    while len(data) > MAX_BYTES:
        factor *= 0.8
        data = _jpeg(_resized(picture, factor))
    return data


def _scaled(crop: Image.Image, face_px: int, framing: Framing) -> Image.Image:
    width = max(1, face_px)
    factor = min(1.0, framing.largest / width) if width > framing.smallest else framing.smallest / width
    return _resized(crop, max(factor, MIN_SIDE / min(crop.size)))


def _resized(image: Image.Image, factor: float) -> Image.Image:
    """The image resized, with at least MIN_SIDE pixels a side, even for a narrow strip."""
    size = tuple(max(MIN_SIDE, round(side * factor)) for side in image.size)
    return image if size == image.size else image.resize((size[0], size[1]), Image.Resampling.LANCZOS)


def _jpeg(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=92)
    return out.getvalue()


def face_area(box: Box, margin: float, size: tuple[int, int]) -> Rectangle:
    """The box with a margin (in parts of its sides), within a picture of this size, never empty."""
    beside, above = round(box.width * margin), round(box.height * margin)
    left = min(max(0, box.left - beside), size[0] - 1)
    top = min(max(0, box.top - above), size[1] - 1)
    right = min(size[0], max(left + 1, box.left + box.width + beside))
    bottom = min(size[1], max(top + 1, box.top + box.height + above))
    return left, top, right, bottom


def middle_third(size: tuple[int, int]) -> Box:
    """The box of a face that was cut out with a margin as wide and as high as itself."""
    width, height = max(1, round(size[0] / 3)), max(1, round(size[1] / 3))
    return Box((size[0] - width) // 2, (size[1] - height) // 2, width, height)


def _corners(box: Box) -> Rectangle:
    return box.left, box.top, box.left + box.width, box.top + box.height


def _moved(rectangle: Rectangle, area: Rectangle) -> Rectangle:
    """A rectangle of the picture, relative to the area's corner."""
    left, top, right, bottom = rectangle
    return left - area[0], top - area[1], right - area[0], bottom - area[1]
