"""The stored pictures of captures: written and read under the names in their rows."""

import logging
from contextlib import suppress

from django.conf import settings
from django.core.files.base import ContentFile
from django.db.models import QuerySet
from PIL import Image

from attendance.captures.errors import PictureLost, PictureNotStored, PictureUnavailable
from attendance.models import Capture, capture_path, upright_path
from enrollment.decoding import stored_jpeg
from enrollment.errors import PictureError
from enrollment.pictures import Picture, encode_jpeg

logger = logging.getLogger(__name__)


def most_pixels_of(kind: str) -> int | None:
    """Most pixels of a picture of this kind: frames come by the hundred, so theirs are fewer."""
    return settings.FRAME_MAX_PIXELS if kind == Capture.Kind.WEBCAM else None


def stored_image(capture: Capture) -> Image.Image:
    """The upright RGB picture of a capture. Raises PictureLost, or PictureUnavailable if trying again may help."""
    try:
        with capture.picture.open("rb") as file:
            data = file.read()
    except (FileNotFoundError, ValueError) as error:
        raise PictureLost from error
    except OSError as error:
        raise PictureUnavailable from error
    try:
        return stored_jpeg(data)
    except PictureError as error:
        raise PictureLost from error


def store_upright(capture: Capture, image: Image.Image, turns: int, rows: QuerySet[Capture]) -> None:
    """Store a capture's picture that was turned by so many quarters to be upright, and delete the earlier file.

    rows: the capture's row while it may be written. After a crash in between, a repetition writes the same names again,
    and `delete_picture` deletes all of them. Raises PictureNotStored.
    """
    earlier, storage = str(capture.picture.name), capture.picture.storage
    name = upright_path(capture)
    try:
        storage.delete(name)
        storage.save(name, ContentFile(encode_jpeg(image)))
    except OSError as error:
        logger.exception("The upright picture of capture %s could not be stored", capture.pk)
        raise PictureNotStored from error
    capture.picture.name, capture.turns = name, turns
    capture.width, capture.height = image.size
    rows.update(picture=name, turns=turns, width=capture.width, height=capture.height)
    with suppress(OSError):
        storage.delete(earlier)


def delete_picture(capture: Capture) -> None:
    """Delete a capture's picture under every name that it may have been stored under. Raises OSError."""
    storage = capture.picture.storage
    for name in {str(capture.picture.name), capture_path(capture, ""), upright_path(capture)} - {""}:
        storage.delete(name)


def store_picture(capture: Capture, picture: Picture) -> None:
    """Store the picture under the name in its row. Never leaves a half-written file. Raises PictureNotStored."""
    name, storage = str(capture.picture.name), capture.picture.storage
    try:
        saved = storage.save(name, ContentFile(picture.data))
        if saved != name:  # a repetition of the same request was faster
            storage.delete(saved)
    except OSError as error:
        logger.exception("The picture of capture %s could not be stored", capture.pk)
        with suppress(OSError):
            storage.delete(name)
        raise PictureNotStored from error
