"""The demo's class photos, composed of tiles of the AT&T/ORL faces: the same bytes each time."""

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageFilter

from attendance.demo.orl import enlarged
from enrollment.pictures import encode_jpeg

STUDENTS = tuple(range(1, 31))  # in the first photo, and enrolled by their photos 1 to 3
LATECOMER = 31  # enrolled like the others, but comes after the first photo was taken
WITHOUT_CONSENT = 32  # on the roster, in no gallery
STRANGERS = (33, 35)  # no students of the school
ENROLMENT_PHOTOS = (1, 2, 3)


@dataclass(frozen=True, slots=True)
class Tile:
    """One face of a class photo. blur: radius in pixels of the finished photo, 0 for none."""

    person: int
    number: int
    blur: float = 0.0


# The whole class looks at the camera; two visitors sit in the last row.
CLASS = tuple(Tile(person, 7) for person in STUDENTS + STRANGERS)
# Some minutes later, at the door: six who are here already, somebody unknown, and one who moved as the photo was taken:
# with this blur 0.37 to the right student, between the review (0.30) and the accept threshold (0.39), and 84 per cent
# on the local Rekognition, between its 80 and 95. So there is a doubt to decide in both demos.
AT_THE_DOOR = (
    Tile(4, 8), Tile(11, 8), Tile(LATECOMER, 5, blur=9.5), Tile(16, 8),
    Tile(22, 8), Tile(STRANGERS[1], 8), Tile(25, 8), Tile(30, 8),
)  # fmt: skip


def demo_class_photos() -> list[tuple[str, bytes]]:
    """Label and JPEG bytes of the photos that the demo offers instead of a camera. Raises DemoFacesMissing."""
    return [("The class", class_photo()), ("Latecomers at the door", door_photo())]


def class_photo() -> bytes:
    """JPEG of thirty students who are recognised and two strangers: 1176 × 716 pixels."""
    return encode_jpeg(compose(CLASS, per_row=8, factor=1.6))


def door_photo() -> bytes:
    """JPEG of a few faces, one of them so blurred that the teacher is asked who it is."""
    return encode_jpeg(compose(AT_THE_DOOR, per_row=4, factor=2.4))


def compose(tiles: Sequence[Tile], *, per_row: int, factor: float) -> Image.Image:
    """One RGB picture of all tiles, `per_row` a row, each `factor` times the size of its photo."""
    faces = [_blurred(enlarged(tile.person, tile.number, factor), tile.blur) for tile in tiles]
    width, height = faces[0].size
    rows = -(-len(faces) // per_row)
    picture = Image.new("RGB", (width * per_row, height * rows), "#808080")
    for n, face in enumerate(faces):
        picture.paste(face, (n % per_row * width, n // per_row * height))
    return picture


def _blurred(face: Image.Image, radius: float) -> Image.Image:
    return face.filter(ImageFilter.GaussianBlur(radius)) if radius else face
