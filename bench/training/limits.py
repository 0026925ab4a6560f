"""Limits of covered faces: what share of students and of strangers, covered alike, reaches which similarity.

`LOWER_HALF` and `UPPER_HALF` of `enrollment.faces.local.scoring` were chosen by it. Covers are those of
`drawn.TAUGHT`, people those whom the published table (`bench/hard.py`) never tries. Everybody's first bare photo is
their template; each stranger wears every cover, each student does on one other photo.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Self

import numpy as np
from PIL import Image
from scipy.special import gammaln

from attendance.evaluation.photos import Photo, read_image, see
from bench.training.drawn import TAUGHT
from enrollment.domain.faces import Cover
from enrollment.faces.local.analysis import AnalysedFace
from enrollment.faces.local.arrays import Array
from enrollment.faces.local.engine import LocalModel
from enrollment.faces.local.scoring import Scoring, SecondScoring, about

SEED = 4711
CLASS = 40
SIMILARITIES = np.arange(20, 61) / 100  # in the scale of the thresholds
REACHED = "similarity, students first and at it, strangers at it"
DRAWINGS = [(Cover(half), drawing) for half in TAUGHT for drawing in TAUGHT[half]]

Covered = dict[str, AnalysedFace]  # the face with each kind of cover that was seen as such, by the drawing's name


@dataclass(frozen=True)
class Comparison:
    """Everybody's bare face, centred, with which covered ones are compared: row_of[person] is a row of both arrays."""

    row_of: Mapping[str, int]
    first: Array
    second: Array
    scoring: SecondScoring

    @classmethod
    def of(cls, faces: Mapping[str, AnalysedFace], scoring: Scoring) -> Self:
        if scoring.second is None:
            raise SystemExit("Covered faces are compared by both embedders; the second is not installed.")
        firsts, seconds = (np.stack([getattr(face, name) for face in faces.values()]) for name in ("vector", "second"))
        rows = {person: row for row, person in enumerate(faces)}
        return cls(rows, scoring.centred(firsts), about(scoring.second.centre, seconds), scoring.second)

    def figures(self, half: Cover, faces: Mapping[str, AnalysedFace], students: Collection[str]) -> dict[str, object]:
        """Of one kind of cover: numbers of faces, and who reaches which similarity."""
        similarities, others = self._similarities(half, list(faces.values())), len(self.row_of) - 1
        rows, columns = np.arange(len(faces)), np.array([self.row_of[person] for person in faces])
        own = similarities[rows, columns]
        similarities[rows, columns] = -np.inf
        known = np.array([person in students for person in faces])
        first = 1 - in_class((similarities > own[:, None]).sum(1), others, CLASS - 1)
        reached = [
            (_share(((own >= limit) * first)[known]),
             _share(in_class((similarities[~known] >= limit).sum(1), others, CLASS)))
            for limit in SIMILARITIES
        ]  # fmt: skip
        return {
            "students": int(known.sum()),
            "strangers": int((~known).sum()),
            REACHED: [[float(limit), *shares] for limit, shares in zip(SIMILARITIES, reached, strict=True)],
        }

    def _similarities(self, half: Cover, faces: Sequence[AnalysedFace]) -> Array:
        """Of covered faces with everybody's bare one, float32 (n, m), as `Templates` compares them."""
        own = self.scoring.covered[half]
        firsts = about(own.first, np.stack([face.vector for face in faces])) @ self.first.T
        seconds = about(own.second, np.stack([face.second for face in faces]))
        return own.blend.similarities(firsts, self.scoring.similarities(seconds, self.second))


def limits_of(
    photos: Sequence[Photo], published: Collection[Photo], model: LocalModel, say: Callable[[str], None]
) -> str:
    """The document of both halves' limits, from a protocol's photos without the people of those `published`."""
    tried = {photo.person for photo in published}
    photos = [photo for photo in photos if photo.person not in tried]
    templates = {photo.person: photo for photo in reversed(photos) if photo.role != "probe"}
    students = {photo.person: photo for photo in photos if photo.role == "probe" and photo.person in templates}
    strangers = {photo.person: photo for photo in photos if photo.role == "stranger"}
    say(f"{len(students)} students, {len(strangers)} strangers")
    wearing = {**students, **strangers}
    with ThreadPoolExecutor(max_workers=max(1, model.threads.runs)) as pool:
        bare = list(pool.map(lambda photo: see(read_image(photo.path), model.analyse_with_both), templates.values()))
        covered = list(pool.map(lambda n: _covered(n, list(wearing.values())[n], model), range(len(wearing))))
    comparison = Comparison.of(
        {person: own.face for person, own in zip(templates, bare, strict=True) if own.face}, model.scoring
    )
    seen = {p: own for p, own in zip(wearing, covered, strict=True) if p in comparison.row_of}
    document: dict[str, dict[str, object]] = {}
    for half, name in ((half, drawing.__name__) for half, drawing in DRAWINGS):
        faces = {person: own[name] for person, own in seen.items() if name in own}
        document.setdefault(half, {})[name] = comparison.figures(half, faces, students) if faces else {}
    return json.dumps(document)


def _covered(number: int, photo: Photo, model: LocalModel) -> Covered:
    """The face of a photo with each kind of cover drawn on, where it is found and its cover seen."""
    random, image = np.random.default_rng((SEED, number)), read_image(photo.path)
    face = see(image, model.analyse).face
    if face is None:
        return {}
    found = {}
    for half, drawing in DRAWINGS:
        drawn = Image.fromarray(drawing(np.asarray(image), face.landmarks, random))
        own = see(drawn, model.analyse_with_both).face
        if own and own.quality.cover == half:
            found[drawing.__name__] = own
    return found


def in_class(counts: Array, people: int, size: int) -> Array:
    """The probability that a random class of `size` out of `people` holds one of so many of them (hypergeometric)."""
    size = min(size, people)
    others = np.maximum(people - np.asarray(counts), 0)
    enough = others >= size
    left = np.where(enough, others, size)
    logarithm = gammaln(left + 1) - gammaln(left - size + 1) - gammaln(people + 1) + gammaln(people - size + 1)
    return np.where(enough, 1 - np.exp(logarithm), 1.0)


def _share(values: Array) -> float:
    return round(float(values.mean()), 5) if len(values) else 0.0
