"""The stored pictures of captures: written and read under the names in their rows."""

import logging
from contextlib import suppress

from django.core.files.base import ContentFile
from PIL import Image

from attendance.captures.errors import PictureLost, PictureNotStored, PictureUnavailable
from attendance.models import Capture
from enrollment.decoding import stored_jpeg
from enrollment.errors import PictureError
from enrollment.pictures import Picture

logger = logging.getLogger(__name__)


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
