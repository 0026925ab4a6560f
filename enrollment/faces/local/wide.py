"""Parts of very wide or very tall pictures: a panorama is searched in parts as large as an ordinary photo's.

In a copy of the detector's largest side all faces of a panorama are too small: of 32 people in 12,000 x 1,800 pixels,
with faces of 70 to 90 px, none is found so, and in parts the same 30 that are found in its four quarters.
"""

from dataclasses import dataclass

import numpy as np

from enrollment.faces.local.arrays import Array

PANORAMA = 2.5  # ratio of the sides from which on a picture is searched in parts: phones take 2.2 at most
_LENGTH = 1.5  # of a part, in shorter sides of the picture: the shape of a photo
_SHARED = 1 / 3  # of neighbouring parts, in shorter sides; a wider face is found in the whole picture
_DOUBT = 0.02  # in shorter sides: so far beyond its own share a part may claim a face; the better one of two is kept


@dataclass(frozen=True, slots=True)
class Part:
    """A part along the longer side, `begin` to `end` in pixels, and its own share of it: each pixel is one part's."""

    begin: int
    end: int
    own_begin: float
    own_end: float


def is_panorama(width: int, height: int) -> bool:
    """True for a picture whose sides differ so much that it is searched in parts."""
    return max(width, height) > PANORAMA * min(width, height)


def shared(width: int, height: int) -> float:
    """Pixels that two neighbouring parts of a picture have in common at least."""
    return _SHARED * min(width, height)


def parts_of(width: int, height: int) -> list[Part]:
    """The parts of a panorama, which cover its longer side evenly."""
    longer, shorter = max(width, height), min(width, height)
    length, common = _LENGTH * shorter, shared(width, height)
    count = int(np.ceil((longer - common) / (length - common)))
    begins = np.linspace(0, longer - length, count)
    seams = [-np.inf, *((begins[1:] + begins[:-1] + length) / 2), np.inf]
    doubt = _DOUBT * shorter
    return [
        Part(round(begin), min(round(begin + length), longer), seams[n] - doubt, seams[n + 1] + doubt)
        for n, begin in enumerate(begins.tolist())
    ]


def placed(rows: Array, part: Part, *, beside: bool) -> Array:
    """Detector rows (n, 15) of a part in pixels of the whole picture; those alone whose middle is in its own share.

    beside: the parts lie beside each other, not one above the other.
    """
    moved = rows.copy()
    first = 0 if beside else 1
    moved[:, [first, *range(4 + first, 14, 2)]] += part.begin
    middle = moved[:, first] + moved[:, 2 + first] / 2
    return np.asarray(moved[(middle >= part.own_begin) & (middle < part.own_end)])
