"""The pictures of captures: put where their rows say, and read from there."""

import logging
from contextlib import suppress
from io import BytesIO

from django.core.files.base import ContentFile
from PIL import Image

from attendance.captures.errors import PictureAway, PictureLost, PictureNotStored
from attendance.models import Capture
from enrollment.pictures import Picture

logger = logging.getLogger(__name__)


def stored_image(capture: Capture) -> Image.Image:
    """The upright RGB picture of a capture. Raises PictureLost, or PictureAway where trying again may help."""
    try:
        with capture.picture.open("rb") as file:
            data = file.read()
    except (FileNotFoundError, ValueError) as error:
        raise PictureLost from error
    except OSError as error:
        raise PictureAway from error
    try:
        with Image.open(BytesIO(data)) as image:
            return image.convert("RGB")
    except (OSError, ValueError, SyntaxError) as error:
        raise PictureLost from error


def store_picture(capture: Capture, picture: Picture) -> None:
    """Put the picture where its row says. Nothing half written is left. Raises PictureNotStored."""
    name, storage = str(capture.picture.name), capture.picture.storage
    try:
        saved = storage.save(name, ContentFile(picture.data))
        if saved != name:  # the same picture, sent again, was faster
            storage.delete(saved)
    except OSError as error:
        logger.exception("The picture of capture %s could not be stored", capture.pk)
        with suppress(OSError):
            storage.delete(name)
        raise PictureNotStored from error
