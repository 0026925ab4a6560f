"""Orientation of a picture, judged by the detector's confidence in the faces that it finds in each of four turns.

The detector finds many a face that lies on its side or stands on its head, with less confidence and with landmarks as
if the face were upright, so that its vector is nobody's. Measured on 120 AT&T/ORL, 500 LFW and 68 London portraits, 12
London class photos and 119 WIDER FACE group photos, each in four turns (`bench/turned.py`): by the rules below no
upright one is turned except two of WIDER FACE (with one and two faces of 0.75 and less). Of those on their side all are
set upright but one of LFW and three of WIDER FACE, of those on their head all but seven London portraits and three of
WIDER FACE. Of the upright ones 0 of ORL, London and the class photos, 9 of LFW and 26 of WIDER FACE are searched in all
four turns; every other picture costs nothing more.
"""

import numpy as np
from PIL.Image import Image

from enrollment.faces.local.analysis import find, pixels_of
from enrollment.faces.local.light import Tone
from enrollment.faces.local.networks import MIN_SCORE, Networks

SURE = 0.905  # mean confidence of the best third of a picture's faces, from which on it is taken to be upright
LEAD = 1.05  # a turn must show so many times the evidence of the picture as it came
CREDIBLE = 0.85  # least confidence of the best face of a turn: in upright pictures it has 0.87 or more


def turns_needed(image: Image, confidences: list[float], networks: Networks) -> int:
    """Quarter turns, counterclockwise, that set a picture upright; 0 if it is so, or if no turn shows more of faces.

    confidences: of the faces found in the picture as it is. Raises EngineUnavailable.
    """
    if is_surely_upright(confidences):
        return 0
    pixels = pixels_of(image)
    tone = Tone.of(pixels)
    best, most = 0, LEAD * _evidence(confidences)
    for turns in (1, 2, 3):
        rows = find(np.ascontiguousarray(np.rot90(pixels, turns)), tone, networks)
        seen = [float(confidence) for confidence in rows[:, 14]]
        if max(seen, default=0.0) >= CREDIBLE and _evidence(seen) > most:
            best, most = turns, _evidence(seen)
    return best


def is_surely_upright(confidences: list[float]) -> bool:
    """True if faces of these confidences are those of an upright picture: no other turn is tried then."""
    best = sorted(confidences, reverse=True)[: -(-len(confidences) // 3)]
    return bool(best) and sum(best) / len(best) >= SURE


def _evidence(confidences: list[float]) -> float:
    """Number of faces, each weighted by how far its confidence is above the least that counts."""
    return sum(confidence - MIN_SCORE for confidence in confidences)
