"""Reading of uploaded pictures: checked, decoded, turned upright, stripped of metadata."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from django.conf import settings
from django.utils.translation import gettext as _
from PIL import Image

from enrollment.decoding import MOST_DECODED, decode, open_picture
from enrollment.errors import PictureError
from enrollment.room import PixelRoom

JPEG_QUALITY = 90
_TURNS = (Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270)
# Pictures that are decoded at a time in this process: one of the largest, or sixty as a page sends them. Of the largest
# the engine holds copies too: some 0.5 GB in all (bench/memory.py).
_room = PixelRoom(MOST_DECODED)
SMALLEST_SIDE = 80  # pixels; below it no face can be recognised (and Rekognition refuses the picture)


@dataclass(frozen=True, slots=True)
class Picture:
    """An upright RGB image, and the same as JPEG bytes.

    The bytes are encoded from the pixels, never taken from the upload: a JPEG has many places for other things (films
    behind its end, segments between its scans, bytes behind a scan's data), and all of them are left behind so. It
    costs 4 to 11 ms a picture of 0.7 to 1.6 million pixels on two cores.
    """

    image: Image.Image
    data: bytes

    @property
    def width(self) -> int:
        return self.image.width

    @property
    def height(self) -> int:
        return self.image.height


def read_picture(upload: BinaryIO, *, most_pixels: int | None = None) -> Picture:
    """The picture in an uploaded file.

    Accepts the formats of `decoding.FORMATS` up to PICTURE_MAX_BYTES and `most_pixels` (None: PICTURE_MAX_PIXELS).
    Raises PictureError with code `too_large`, `not_a_picture`, `wrong_format`, `too_many_pixels`, `broken` or
    `too_small`.
    """
    opened = _opened(upload, most_pixels)
    with _room.taken(opened.width * opened.height):
        return _upright(opened)


@contextmanager
def picture_held(upload: BinaryIO, *, most_pixels: int | None = None) -> Iterator[Picture]:
    """As `read_picture`, for a picture that is worked on: until the block ends its pixels count as held.

    While this process holds as many as it may, others wait undecoded. Within the block no other picture is read.
    """
    opened = _opened(upload, most_pixels)
    with _room.taken(opened.width * opened.height):
        picture = _upright(opened)
        del opened  # with the pixels before they were turned upright
        yield picture


def _opened(upload: BinaryIO, most_pixels: int | None) -> Image.Image:
    return open_picture(_read_limited(upload), most_pixels=most_pixels or settings.PICTURE_MAX_PIXELS)


def _upright(opened: Image.Image) -> Picture:
    upright = decode(opened)
    if min(upright.size) < SMALLEST_SIDE:
        raise PictureError(
            "too_small", _("The photo is too small (%d × %d). Take it closer or send the original.") % upright.size
        )
    return Picture(upright, encode_jpeg(upright))


def _read_limited(upload: BinaryIO) -> bytes:
    limit = settings.PICTURE_MAX_BYTES
    data = upload.read(limit + 1)
    if len(data) > limit:
        raise PictureError("too_large", _("The photo is larger than %d MB. Send a smaller one.") % (limit // 1_000_000))
    if not data:
        raise PictureError("not_a_picture", _("The file is empty. Choose the photo again."))
    return data


def encode_jpeg(image: Image.Image, *, quality: int = JPEG_QUALITY) -> bytes:
    """The image as JPEG bytes, without metadata."""
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


def shrunk(picture: Picture, side: int) -> Picture:
    """The picture with at most `side` pixels a side; itself if it is not larger."""
    if max(picture.image.size) <= side:
        return picture
    smaller = picture.image.copy()
    smaller.thumbnail((side, side), Image.Resampling.LANCZOS)
    return Picture(smaller, encode_jpeg(smaller))


def turned(image: Image.Image, turns: int) -> Image.Image:
    """The image turned counterclockwise by so many quarters."""
    return image.transpose(_TURNS[turns % 4 - 1]) if turns % 4 else image


def square_crop(image: Image.Image, *, left: int, top: int, width: int, height: int, side: int) -> Image.Image:
    """A square portrait around a face's box (pixels), with half the face's size as margin, `side` pixels wide."""
    reach = max(width, height) * 0.8
    x, y = left + width / 2, top + height / 2
    reach = min(reach, image.width / 2, image.height / 2)
    x = min(max(x, reach), image.width - reach)
    y = min(max(y, reach), image.height - reach)
    region = (x - reach, y - reach, x + reach, y + reach)
    return image.resize((side, side), Image.Resampling.LANCZOS, box=region, reducing_gap=2.0)
