"""Centres of the embedders' vectors: the mean face, which `enrollment.faces.local.scoring` subtracts."""

import json
from collections.abc import Callable, Sequence

import numpy as np

from attendance.evaluation.degradations import AS_IT_IS
from attendance.evaluation.photos import Photo, see_all
from enrollment.faces.local.arrays import Array
from enrollment.faces.local.engine import LocalModel
from enrollment.faces.local.weights import EMBEDDER, SECOND


def centres_of(
    photos: Sequence[Photo], model: LocalModel, source: str, say: Callable[[str], None]
) -> tuple[str, str | None]:
    """The texts of both embedders' centre files (see `scoring.py`) made of a protocol's enrolment photos.

    The second is None where there is no second embedder.
    """
    chosen = [photo for photo in photos if photo.role == "enrol"]
    faces = [seen.face for seen in see_all(chosen, model, AS_IT_IS, say) if seen.face is not None]
    firsts = np.stack([face.vector for face in faces])
    seconds = [face.second for face in faces if face.second is not None]
    first = centre_document(firsts, model=EMBEDDER.title, source=source)
    return first, centre_document(np.stack(seconds), model=SECOND.title, source=source) if seconds else None


def centre_document(vectors: Array, *, model: str, source: str) -> str:
    """The text of a centre file: the mean of unit vectors (n, d), with its model and source."""
    mean = np.asarray(vectors, np.float64).mean(0)
    return json.dumps(
        {"model": model, "source": source, "faces": len(vectors), "centre": [round(float(x), 6) for x in mean]},
        indent=1,
    )
