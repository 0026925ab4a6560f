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
_EXIF_ORIENTATION = 0x0112


@dataclass(frozen=True, slots=True)
class Picture:
    """An upright RGB image and the same as JPEG bytes without metadata (no position, no camera, no date)."""

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
    needs_new_bytes = image.format != "JPEG" or image.mode != "RGB" or image.getexif().get(_EXIF_ORIENTATION, 1) != 1
    upright = _decode(image)
    if min(upright.size) < SMALLEST_SIDE:
        raise PictureError(
            "too_small", _("The picture is too small (%d × %d). Take it closer or send the original.") % upright.size
        )
    return Picture(upright, encode_jpeg(upright) if needs_new_bytes else without_metadata(data))


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
        return upright if upright.mode == "RGB" else _on_white(upright)
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


def without_metadata(jpeg: bytes) -> bytes:
    """The same JPEG, pixel for pixel, without its APPn and comment segments except JFIF and Adobe's colour marker.

    Segments as in ITU-T T.81, B.1.1.4: marker, two-byte big-endian length that includes itself. Everything from the
    start of scan is copied, up to the last end-of-image marker.
    """
    kept = [jpeg[:2]]
    at = 2
    while at + 4 <= len(jpeg) and jpeg[at] == 0xFF:
        marker = jpeg[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
            continue
        if marker == 0xDA:  # start of scan
            break
        end = at + 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
        is_metadata = (0xE1 <= marker <= 0xEF and marker != 0xEE) or marker == 0xFE
        if not is_metadata:
            kept.append(jpeg[at:end])
        at = end
    scan_end = jpeg.rfind(b"\xff\xd9")
    kept.append(jpeg[at : scan_end + 2] if scan_end >= at else jpeg[at:])
    return b"".join(kept)


def square_crop(image: Image.Image, *, left: int, top: int, width: int, height: int, side: int) -> Image.Image:
    """A square portrait around a face's box (pixels), with half the face's size as margin, `side` pixels wide."""
    reach = max(width, height) * 0.8
    x, y = left + width / 2, top + height / 2
    reach = min(reach, image.width / 2, image.height / 2)
    x = min(max(x, reach), image.width - reach)
    y = min(max(y, reach), image.height - reach)
    region = (x - reach, y - reach, x + reach, y + reach)
    return image.resize((side, side), Image.Resampling.LANCZOS, box=region, reducing_gap=2.0)
