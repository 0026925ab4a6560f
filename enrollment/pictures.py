"""Reading of uploaded pictures: checked, decoded, turned upright, stripped of metadata."""

import io
from dataclasses import dataclass
from typing import BinaryIO

import pillow_heif
from django.conf import settings
from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from enrollment.errors import PictureError

pillow_heif.register_heif_opener()

FORMATS = ("JPEG", "PNG", "WEBP", "HEIF", "MPO")
JPEG_QUALITY = 90
SMALLEST_SIDE = 80  # pixels; below it no face can be recognised (and Rekognition refuses the picture)


@dataclass(frozen=True, slots=True)
class Picture:
    """An upright RGB image, and the same as JPEG bytes.

    The bytes are encoded from the pixels, never taken from the upload: a JPEG has many places for other things (films
    behind its end, segments between its scans, bytes behind a scan's data), and all of them are left behind so. It
    costs 5 to 10 ms a picture of 1.5 million pixels, under a fiftieth of recognising it.
    """

    image: Image.Image
    data: bytes

    @property
    def width(self) -> int:
        return self.image.width

    @property
    def height(self) -> int:
        return self.image.height


def read_picture(upload: BinaryIO) -> Picture:
    """The picture in an uploaded file.

    Accepts JPEG, PNG, WebP and HEIC up to PICTURE_MAX_BYTES and PICTURE_MAX_PIXELS. Raises PictureError with code
    `too_large`, `not_a_picture`, `wrong_format`, `too_many_pixels`, `broken` or `too_small`.
    """
    data = _read_limited(upload)
    image = _open(data)
    upright = _decode(image)
    if min(upright.size) < SMALLEST_SIDE:
        raise PictureError(
            "too_small", _("The picture is too small (%d × %d). Take it closer or send the original.") % upright.size
        )
    return Picture(upright, encode_jpeg(upright))


def _read_limited(upload: BinaryIO) -> bytes:
    limit = settings.PICTURE_MAX_BYTES
    data = upload.read(limit + 1)
    if len(data) > limit:
        raise PictureError(
            "too_large", _("The picture is larger than %d MB. Send a smaller one.") % (limit // 1_000_000)
        )
    if not data:
        raise PictureError("not_a_picture", _("The file is empty. Choose the picture again."))
    return data


def _open(data: bytes) -> Image.Image:
    """The picture's header, read without decoding: format and size are checked before memory is spent on them."""
    try:
        image = Image.open(io.BytesIO(data))
    except Image.DecompressionBombError as error:
        raise _too_many_pixels() from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise PictureError(
            "not_a_picture", _("This is not a picture that can be read. Send a JPEG, PNG, WebP or HEIC file.")
        ) from error
    if image.format not in FORMATS:
        raise PictureError(
            "wrong_format", _("%s pictures are not accepted. Send JPEG, PNG, WebP or HEIC.") % image.format
        )
    if image.width * image.height > settings.PICTURE_MAX_PIXELS:
        raise _too_many_pixels()
    return image


def _too_many_pixels() -> PictureError:
    most = settings.PICTURE_MAX_PIXELS // 1_000_000
    return PictureError("too_many_pixels", _("The picture has more than %d million pixels. Send a smaller one.") % most)


def _decode(image: Image.Image) -> Image.Image:
    """Upright RGB pixels. Truncated and damaged files fail here, in `load`, not later."""
    try:
        image.load()
        upright = ImageOps.exif_transpose(image)
        pixels = upright if upright.mode == "RGB" else _on_white(upright)
        pixels.info = {}  # what was read beside the pixels; Pillow would write a comment into every copy
        return pixels
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, Image.DecompressionBombError) as error:
        raise PictureError("broken", _("The picture is damaged or was not sent completely. Send it again.")) from error


def _on_white(image: Image.Image) -> Image.Image:
    """RGB, with transparent areas in white."""
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        layered = image.convert("RGBA")
        white = Image.new("RGBA", layered.size, "white")
        return Image.alpha_composite(white, layered).convert("RGB")
    return image.convert("RGB")


def encode_jpeg(image: Image.Image, *, quality: int = JPEG_QUALITY) -> bytes:
    """The image as JPEG bytes, without metadata."""
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


def square_crop(image: Image.Image, *, left: int, top: int, width: int, height: int, side: int) -> Image.Image:
    """A square portrait around a face's box (pixels), with half the face's size as margin, `side` pixels wide."""
    reach = max(width, height) * 0.8
    x, y = left + width / 2, top + height / 2
    reach = min(reach, image.width / 2, image.height / 2)
    x = min(max(x, reach), image.width - reach)
    y = min(max(y, reach), image.height - reach)
    region = (x - reach, y - reach, x + reach, y + reach)
    return image.resize((side, side), Image.Resampling.LANCZOS, box=region, reducing_gap=2.0)
