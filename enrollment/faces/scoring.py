"""Vectors in, similarities out: centring, templates, and the bars that belong to them.

Subtracting the mean face before comparing ("centring") takes out what all faces share: at the same share of strangers
let through it marks 97.9 instead of 97.4 % of a class of 40 with one photo each (FACES.md).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from enrollment.faces.base import Calibration
from enrollment.faces.weights import EMBEDDER, FaceConfigurationError

Array = NDArray[Any]

ENGINE = "local"
# Raised whenever the same vectors get other similarities: bars that a school set for an earlier way hold no more.
VERSION = 2
CENTRE_FILE = Path(__file__).with_name("centre.json")


@dataclass(frozen=True)
class Scoring:
    """How vectors of one model are compared.

    model: what computed the vectors. centre: float32 (128,), the mean of many people's unit vectors.
    """

    model: str
    centre: Array
    calibration: Calibration

    def centred(self, vectors: Array) -> Array:
        """Unit vectors (n, 128) about the centre instead of the origin, of length 1 again."""
        return unit(np.asarray(vectors, np.float32) - self.centre)

    def template(self, vectors: Sequence[Array]) -> Array:
        """One vector (128,) for all photos of a student: the mean of the centred ones, of length 1 for one photo.

        A mean is nearer to everybody, strangers too, than any of its photos. Its length says by how much: the less the
        photos agree, the shorter. Keeping the square root of it makes one bar mean the same for students with one photo
        and with several: at 0.38 three photos let 0.05 % of strangers through instead of 0.11 (bench/accuracy.py).
        """
        return shortened(self.centred(np.stack(list(vectors))).mean(0))

    def similarities(self, vectors: Array, templates: Array) -> Array:
        """Cosines, float32 (n, m), of faces (n, 128), not centred, and templates (m, 128)."""
        return self.centred(vectors) @ templates.T


def unit(vectors: Array) -> Array:
    """The same directions, of length 1, float32. A vector of length 0 stays as it is."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return (vectors / np.maximum(length, np.float32(1e-12))).astype(np.float32)


def shortened(mean: Array) -> Array:
    """A mean of unit vectors, with the square root of its length, float32 (128,)."""
    return unit(mean) * np.float32(np.sqrt(np.linalg.norm(mean)))


def scoring_for(model: str, bars: Mapping[str, float] | None = None) -> Scoring:
    """The scoring of a model. `bars` (bar_mark, bar_ask, margin) replace the measured ones.

    Raises FaceConfigurationError for a model that was never measured and comes without bars: those of another model
    mean nothing to it.
    """
    calibrated = f"{model}/{VERSION}"
    if model == EMBEDDER.title:
        values = {"bar_mark": BAR_MARK, "bar_ask": BAR_ASK, "margin": MARGIN, **(bars or {})}
        values |= {"covered_mark": COVERED_MARK, "covered_ask": COVERED_ASK}
        source = "settings" if bars else BARS_SOURCE
        return Scoring(model, default_centre(), Calibration(engine=ENGINE, model=calibrated, source=source, **values))
    if not bars or not {"bar_mark", "bar_ask"} <= set(bars):
        raise FaceConfigurationError(
            f"The face model {model} has no measured bars: measure them with evaluate_faces and set the options "
            "'bar_mark' and 'bar_ask' of FACE_ENGINE."
        )
    calibration = Calibration(engine=ENGINE, model=calibrated, source="settings", **{"margin": 0.0, **bars})
    return Scoring(model, np.zeros(128, np.float32), calibration)


# Measured on the development half of LFW, classes of 40, by
#   manage.py evaluate_faces ../shared/data/lfw_dev --protocol ../shared/data/lfw_dev/protocol.csv --enroll 1
# One photo each: 98.3 % marked rightly, 1.2 % asked about, 0.6 % missed; strangers 0.09 % marked, 2.5 % asked about.
# Three photos: 99.8 %, strangers 0.11 %. The bar that lets 0.1 % of strangers through is 0.376 for one photo, 0.387 for
# three: near enough to be one bar. A margin over the second best only costs marks (FACES.md).
BAR_MARK = 0.38
BAR_ASK = 0.30
MARGIN = 0.0
# Of faces with a mask or sunglasses drawn on (bench/hard.py). At the ordinary bars some 0.1 % get a wrong name, up to
# 0.25 % of likewise covered strangers are marked, and 7 to 10 % of pupils with one photo are missed. So much higher,
# no wrong name and 0.06 % of strangers at most are seen, for a tenth of the pupils who are asked about instead of
# marked; so much lower, half of the missed are asked about, and some 14 instead of 2 % of covered strangers.
COVERED_MARK = 0.04
COVERED_ASK = 0.05
BARS_SOURCE = "LFW, development half, classes of 40"


@cache
def default_centre() -> Array:
    """The shipped centre, float32 (128,). How it was made stands in the file beside the numbers."""
    centre = np.array(json.loads(CENTRE_FILE.read_text("utf-8"))["centre"], np.float32)
    centre.setflags(write=False)
    return centre


def centre_document(vectors: Array, *, model: str, source: str) -> str:
    """The text of a centre file: the mean of unit vectors (n, 128), with what it was made of."""
    mean = np.asarray(vectors, np.float64).mean(0)
    return json.dumps(
        {"model": model, "source": source, "faces": len(vectors), "centre": [round(float(x), 6) for x in mean]},
        indent=1,
    )
