"""Decoding of picture files: accepted formats alone, in bounded memory; every failure is a PictureError."""

import io
import logging

import pillow_heif
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from PIL import Image

from enrollment.errors import PictureError

pillow_heif.register_heif_opener()
logger = logging.getLogger(__name__)

FORMATS = {"JPEG": "JPEG", "PNG": "PNG", "WEBP": "WebP", "HEIF": "HEIC", "AVIF": "AVIF"}  # Pillow's name: the user's
# What a file chooser offers. The endings help where the system knows no type for them.
CHOOSER = "image/jpeg,image/png,image/webp,image/heic,image/heif,image/avif,.heic,.heif,.avif"
# Most pixels that are decoded. A larger JPEG is decoded at a half or a quarter of its size, which takes the memory of
# that size; a progressive one, and any other format, would need the memory of the whole.
MOST_DECODED = 50_000_000
LONGEST_SIDE = 65_500  # pixels; a longer one cannot be written as JPEG, which every stored picture is
_OTHERS = {
    b"GIF8": "GIF",
    b"BM": "BMP",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"\0\0\0\x0cjP  ": "JPEG 2000",
    b"8BPS": "Photoshop",
}
_ORIENTATION = 0x0112  # in EXIF
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def format_names() -> str:
    """The accepted formats as a list in words."""
    return get_text_list(list(FORMATS.values()), _("or"))


def open_picture(data: bytes, *, most_pixels: int, formats: tuple[str, ...] = tuple(FORMATS)) -> Image.Image:
    """The picture's header, not decoded: format and size are checked before memory is spent on them.

    A large JPEG is set to be decoded at a half or less. Raises PictureError `not_a_picture`, `wrong_format` or
    `too_many_pixels`.
    """
    try:
        image = Image.open(io.BytesIO(data), formats=formats)
    except Image.DecompressionBombError as error:
        raise _too_many_pixels(most_pixels) from error
    except Exception as error:  # plugins raise whatever their parsing meets: struct.error, TypeError, RuntimeError
        raise _unreadable(data) from error
    _bound(image, most_pixels)
    _bound_sides(image)
    return image


def decode(image: Image.Image) -> Image.Image:
    """Upright RGB pixels of an opened picture, the first one of an animation, without metadata.

    Truncated and damaged files fail here. Raises PictureError `broken`.
    """
    try:
        image.load()
        turn = _TURNS.get(_orientation(image))
        rgb = _rgb(image)
        upright = rgb.transpose(turn) if turn is not None else rgb
    except Exception as error:  # decoders raise far more than OSError: RuntimeError of AVIF and HEIC, MemoryError
        logger.info("A %s picture could not be decoded: %s: %s", image.format, type(error).__name__, error)
        raise PictureError("broken", _("The photo is damaged or was not sent completely. Send it again.")) from error
    upright.info = {}  # what was read beside the pixels; Pillow would write a comment into every copy
    return upright


def stored_jpeg(data: bytes) -> Image.Image:
    """The RGB picture in a JPEG that the portal stored. Raises PictureError."""
    return decode(open_picture(data, most_pixels=MOST_DECODED, formats=("JPEG",)))


def _orientation(image: Image.Image) -> int:
    """EXIF's orientation, 1 to 8. Nothing else of EXIF is believed, and none of it is ever written."""
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # damaged EXIF beside sound pixels
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _bound(image: Image.Image, most_pixels: int) -> None:
    pixels = image.width * image.height
    if pixels > most_pixels:
        raise _too_many_pixels(most_pixels)
    if pixels <= MOST_DECODED:
        return
    if image.format not in ("JPEG", "MPO") or "progressive" in image.info:
        raise _too_many_pixels(MOST_DECODED)
    factor = next(n for n in (2, 4, 8) if pixels <= MOST_DECODED * n**2 or n == 8)
    image.draft(image.mode, (image.width // factor, image.height // factor))


def _bound_sides(image: Image.Image) -> None:
    if max(image.size) > LONGEST_SIDE:
        sentence = _("The picture is longer than %d pixels. Send a part of it.") % LONGEST_SIDE
        raise PictureError("too_many_pixels", sentence)


def _too_many_pixels(most: int) -> PictureError:
    sentence = _("The photo has more than %d million pixels. Send a smaller one.") % (most // 1_000_000)
    return PictureError("too_many_pixels", sentence)


def _unreadable(data: bytes) -> PictureError:
    known = next((name for head, name in _OTHERS.items() if data.startswith(head)), "")
    if known:
        sentence = _("%(format)s photos are not accepted. Send %(accepted)s.")
        return PictureError("wrong_format", sentence % {"format": known, "accepted": format_names()})
    sentence = _("This is not a photo that can be read. Send a %(accepted)s file.")
    return PictureError("not_a_picture", sentence % {"accepted": format_names()})


def _rgb(image: Image.Image) -> Image.Image:
    """RGB, with transparent areas in white and deep grey scaled to eight bits."""
    if image.mode == "RGB" and "transparency" not in image.info:
        return image
    if image.mode.startswith("I") or image.mode == "F":
        return _in_eight_bits(image).convert("RGB")
    if image.mode not in ("RGBA", "RGBa", "LA", "La", "PA") and "transparency" not in image.info:
        return image.convert("RGB")
    layered = image if image.mode == "RGBA" else image.convert("RGBA")  # which would copy one that is RGBA already
    white = Image.new("RGB", layered.size, "white")
    white.paste(layered, mask=layered)
    return white


def _in_eight_bits(image: Image.Image) -> Image.Image:
    """Grey of eight bits out of 16 or 32, or of floats. `convert` would clip everything above 255 to white."""
    import numpy as np

    values = np.asarray(image)
    if image.mode.startswith("I;16"):
        return Image.fromarray((values >> 8).astype(np.uint8))
    values = np.nan_to_num(values.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    top = float(values.max(initial=0.0))
    whole = next((span for span in (1.0 if image.mode == "F" else 255.0, 255.0, 65535.0) if top <= span), top)
    return Image.fromarray(np.clip(values * (255.0 / whole) + 0.5, 0, 255).astype(np.uint8))
