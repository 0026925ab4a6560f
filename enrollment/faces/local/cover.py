"""Classifier of covered faces: a mask or sunglasses that hide half of an aligned crop.

Linear, with three answers (nothing, the lower half, the upper half), on 8 x 8 cells of the crop: the strength of edges
in each direction, and the colour, both relative to the face's own contrast, so that neither a dim room nor a pale
picture is taken for a cover. Its coefficients are in cover.json, with their origin.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Self

import cv2
import numpy as np

from enrollment.domain.faces import Cover
from enrollment.faces.local.arrays import Array

COVER_FILE = Path(__file__).with_name("cover.json")
ANSWERS = (None, Cover.LOWER, Cover.UPPER)
SIDE = 56  # pixels of the classified copy: half the crop's, with less noise, in a quarter of the time
CELLS = 8  # along each of its sides
DIRECTIONS = 6  # of edges, over half a turn
PIXELS = (SIDE // CELLS) ** 2  # of a cell
# Index of the first edge feature of each pixel's cell.
FIRST_OF_CELL = np.kron(np.arange(CELLS * CELLS).reshape(CELLS, CELLS), np.ones((SIDE // CELLS,) * 2, int)) * DIRECTIONS
LEAST_CONTRAST = 4.0  # grey levels: below it a crop is noise, which must not be amplified


@dataclass(frozen=True)
class CoverModel:
    """weights: float32 (3, n), bias: (3,), in the order of `ANSWERS`, for `features`.

    threshold: least probability of a cover, 0 to 1.
    """

    weights: Array
    bias: Array
    threshold: float

    @classmethod
    def read(cls, text: str) -> Self:
        """The model in the text of a cover file, as `bench.training` writes it."""
        document = json.loads(text)
        weights, bias = (np.array(document[name], np.float32) for name in ("weights", "bias"))
        return cls(weights, bias, float(document["threshold"]))

    def likely(self, seen: Array) -> Array:
        """Probabilities of `ANSWERS` for the features (576,) of a face: float32 (3,), together 1."""
        scores = self.weights @ seen + self.bias
        likely: Array = np.exp(scores - scores.max())
        return likely / likely.sum()

    def cover(self, crop: Array) -> Cover | None:
        """The cover on the face of an aligned RGB crop (112, 112, 3); None if none is likely enough."""
        likely = self.likely(features(crop))
        if 1 - likely[0] < self.threshold:
            return None
        return ANSWERS[1 + int(np.argmax(likely[1:]))]


def features(crop: Array) -> Array:
    """Features of a crop, float32 (576,): 64 cells x 6 directions of edges, then 64 cells x 3 colours."""
    small = cv2.resize(crop, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
    grey /= max(float(grey.std()), LEAST_CONTRAST)
    length, angle = cv2.cartToPolar(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1))
    direction = (angle * (DIRECTIONS / np.pi)).astype(np.int32) % DIRECTIONS
    edges = np.bincount((FIRST_OF_CELL + direction).ravel(), length.ravel(), CELLS * CELLS * DIRECTIONS) / PIXELS
    colours = cv2.resize(small, (CELLS, CELLS), interpolation=cv2.INTER_AREA).astype(np.float32)
    colours = (colours - small.mean()) / max(float(small.std()), LEAST_CONTRAST)
    return np.concatenate([np.sqrt(edges), colours.ravel()]).astype(np.float32)


def cover_of(crop: Array) -> Cover | None:
    """The cover on the face of an aligned RGB crop (112, 112, 3), by the shipped coefficients."""
    return shipped().cover(crop)


@cache
def shipped() -> CoverModel:
    return CoverModel.read(COVER_FILE.read_text("utf-8"))
