"""Centres of the embedders' vectors: mean faces, bare and covered, which `enrollment.faces.local.scoring` subtracts."""

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from PIL import Image

from attendance.evaluation.degradations import AS_IT_IS
from attendance.evaluation.photos import Photo, place, read_image, see, see_all
from bench.training.drawn import TAUGHT
from enrollment.domain.faces import Cover
from enrollment.faces.local.analysis import AnalysedFace
from enrollment.faces.local.arrays import Array
from enrollment.faces.local.engine import LocalModel
from enrollment.faces.local.weights import EMBEDDER, SECOND

EVERY = 4  # a mean needs no more
SEED = 20261201


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


def covered_centres_of(photos: Sequence[Photo], model: LocalModel, source: str, say: Callable[[str], None]) -> str:
    """The text of the file of covered centres, made of each `EVERY`th of a protocol's enrolment photos."""
    chosen = [photo for photo in photos if photo.role == "enrol"][::EVERY]
    with ThreadPoolExecutor(max_workers=max(1, model.threads.runs)) as pool:
        made = list(pool.map(lambda n: _covered(n, chosen[n], model), range(len(chosen))))
    document: dict[str, object] = {"model": model.scoring.model, "source": source}
    for cover in TAUGHT:
        faces = [face for own in made for face in own if face.quality.cover == cover]
        say(f"{len(faces)} faces with the {cover} half covered, out of {len(chosen)} photos")
        first = np.mean([face.vector for face in faces], 0)
        second = np.mean([face.second for face in faces], 0)
        document[cover] = {"faces": len(faces), "first": _rounded(first), "second": _rounded(second)}
    return json.dumps(document)


def _covered(number: int, photo: Photo, model: LocalModel) -> list[AnalysedFace]:
    """The face of a photo with each kind of cover drawn on, where it is still found."""
    random, image = np.random.default_rng((SEED, number)), read_image(photo.path)
    face = place(image, model.analyse)
    if face is None:
        return []
    drawings = [drawing for half in (Cover.LOWER, Cover.UPPER) for drawing in TAUGHT[half]]
    drawn = [Image.fromarray(drawing(np.asarray(image), face.landmarks, random)) for drawing in drawings]
    return [own for picture in drawn if (own := see(picture, model.analyse_with_both).face)]


def _rounded(vector: Array) -> list[float]:
    return [round(float(x), 6) for x in vector]


def centre_document(vectors: Array, *, model: str, source: str) -> str:
    """The text of a centre file: the mean of unit vectors (n, d), with its model and source."""
    mean = np.asarray(vectors, np.float64).mean(0)
    return json.dumps(
        {"model": model, "source": source, "faces": len(vectors), "centre": _rounded(mean)},
        indent=1,
    )
