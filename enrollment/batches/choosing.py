"""Choosing the student's face in an enrolment photo that shows several people."""

import io
from base64 import b64encode
from dataclasses import dataclass

from django.utils.translation import gettext as _
from PIL import Image

from accounts.models import User
from enrollment.batches.settling import batch_photo_replace
from enrollment.domain.faces import Box, EngineUnavailable, Refusal
from enrollment.errors import EnrollmentError
from enrollment.faces.crops import ENROLMENT, face_jpeg
from enrollment.faces.door import door_for
from enrollment.models import BatchPhoto, FacePhoto
from enrollment.pictures import encode_jpeg, square_crop
from enrollment.services.photos import stored_image

SHOWN_SIDE, TILE = 1000, 160  # pixels of the photo and of a face on the page


@dataclass(frozen=True, slots=True)
class Choice:
    """A face to choose. number: from 1, left to right by rows; box: in pixels of the photo; tile: address of its
    picture."""

    number: int
    box: Box
    tile: str


@dataclass(frozen=True, slots=True)
class Choices:
    """The faces of a photo. width, height: of the photo, pixels; picture: address of a copy of it."""

    width: int
    height: int
    picture: str
    faces: list[Choice]

    @property
    def letter(self) -> int:
        """Size of the numbers on it, pixels of the photo."""
        return max(self.width, self.height) // 24


def faces_to_choose(item: BatchPhoto) -> Choices:
    """The faces in a photo that was refused for having several.

    Raises EnrollmentError `not_several`, `engine_unavailable`, and what `stored_image` raises.
    """
    image, boxes = _seen(item)
    copy = image.copy()
    copy.thumbnail((SHOWN_SIDE, SHOWN_SIDE))
    faces = [Choice(number, box, _address(_tile(image, box))) for number, box in enumerate(boxes, 1)]
    return Choices(image.width, image.height, _address(copy), faces)


def batch_photo_choose(*, item: BatchPhoto, number: int, of: int, by: User) -> BatchPhoto:
    """Enrol one face of the photo as the student's; everyone else in it is cut off or painted over.

    number: as in `Choice`; of: the number of faces that were shown. Raises EnrollmentError `no_such_face`, and what
    `faces_to_choose` and `batch_photo_replace` raise.
    """
    image, boxes = _seen(item)
    if len(boxes) != of or not 1 <= number <= of:
        raise EnrollmentError("no_such_face", _("The faces have been found again. Please choose once more."))
    chosen = boxes.pop(number - 1)
    return batch_photo_replace(item=item, upload=io.BytesIO(face_jpeg(image, chosen, boxes, ENROLMENT)), by=by)


def _seen(item: BatchPhoto) -> tuple[Image.Image, list[Box]]:
    photo = item.photo
    if photo is None or photo.state != FacePhoto.State.REFUSED or photo.refusal != Refusal.MANY_FACES:
        raise EnrollmentError("not_several", _("This photo has been settled meanwhile. Reload the page."))
    image = stored_image(photo)
    try:
        return image, [face.box for face in door_for(item.institution).faces_in(image)]
    except EngineUnavailable as error:
        sentence = _("The face engine cannot be reached now. Please try again shortly.")
        raise EnrollmentError("engine_unavailable", sentence, retryable=True) from error


def _tile(image: Image.Image, box: Box) -> Image.Image:
    return square_crop(image, left=box.left, top=box.top, width=box.width, height=box.height, side=TILE)


def _address(image: Image.Image) -> str:
    """A picture as an address within the page: nothing of it is kept anywhere."""
    return "data:image/jpeg;base64," + b64encode(encode_jpeg(image, quality=80)).decode()
