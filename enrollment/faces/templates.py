"""A set of known students, compared with faces: pure, in memory. The gallery loads it; the evaluation builds it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from enrollment.faces.analysis import AnalysedFace
from enrollment.faces.base import FaceObservation, Match
from enrollment.faces.index import Index
from enrollment.faces.networks import DIMENSIONS
from enrollment.faces.scoring import Scoring

Array = NDArray[Any]
Compared = tuple[list[tuple[Match, ...]], list[tuple[Match, ...]]]

# From so many students on they are searched by an index: below it the whole matrix is as quick (`bench/gallery.py`).
LARGE = 20_000
WIDER = 50  # of the index's nearest, which know nothing of lengths, those among whom look-alikes are looked for
TOP = 5  # candidates reported for a face: more than a teacher wants to choose from


@dataclass(frozen=True)
class Templates:
    """students[i] is described by matrix[i], float32 (m, 128), centred, of length 1 or less (`Scoring.template`)."""

    students: tuple[UUID, ...]
    matrix: Array
    scoring: Scoring

    @classmethod
    def of(cls, vectors: Mapping[UUID, Sequence[Array]], scoring: Scoring) -> Self:
        """From each student's vectors (128,), of unit length and not centred. Students are kept in a fixed order."""
        students = tuple(sorted(student for student, own in vectors.items() if len(own)))
        if not students:
            return cls((), np.zeros((0, DIMENSIONS), np.float32), scoring)
        return cls(students, np.stack([scoring.template(vectors[student]) for student in students]), scoring)

    def only(self, students: Collection[UUID]) -> Self:
        """The same templates without everybody else's."""
        rows = [self._row_of[student] for student in sorted(students) if student in self._row_of]
        return type(self)(tuple(self.students[row] for row in rows), self.matrix[rows], self.scoring)

    @cached_property
    def _row_of(self) -> dict[UUID, int]:
        return {student: row for row, student in enumerate(self.students)}

    def observe(
        self, faces: Sequence[AnalysedFace], candidates: Collection[UUID] | None = None
    ) -> list[FaceObservation]:
        """Each face with its most similar candidates (None: everybody) and the most similar student besides them."""
        if not faces:
            return []
        return self.observe_as(faces, self.scoring.centred(np.stack([face.vector for face in faces])), candidates)

    def observe_as(
        self, faces: Sequence[AnalysedFace], probes: Array, candidates: Collection[UUID] | None
    ) -> list[FaceObservation]:
        """The same for faces whose vectors, centred and of length 1 or less, are given beside them: (n, 128)."""
        if len(self.students) >= LARGE:
            near, far = self._by_index(probes, candidates)
        else:
            near, far = self._by_matrix(probes, *self._split(candidates))
        return [
            FaceObservation(face.box, face.quality, matches, elsewhere[0] if elsewhere else None)
            for face, matches, elsewhere in zip(faces, near, far, strict=True)
        ]

    def similar(self, vector: Array, *, least: float, but: Collection[UUID]) -> list[Match]:
        """Students whose photos' mean is at least `least` similar to one vector (128,), best first, without `but`.

        How alike two people look has nothing to do with how well one's photos agree: the mean counts with length 1.
        """
        barred, others = self._split(but)
        probe = self.scoring.centred(vector[None])
        if len(self.students) >= LARGE:
            lowest = least * float(self._lengths.min())
            found = self._index.best(probe, WIDER, but=barred, least=lowest)[0]
            near = [(row, cosine / self._lengths[row]) for row, cosine in found]
        else:
            cosines = (self.matrix[others] @ probe[0]) / self._lengths[others]
            near = list(zip(others, cosines, strict=True))
        alike = [Match(self.students[row], float(cosine)) for row, cosine in near if cosine >= least]
        return sorted(alike, key=lambda match: -match.similarity)[:TOP]

    def agreement(self, vector: Array, student: UUID) -> float | None:
        """The cosine of one vector (128,) and the mean of the student's photos; None for somebody without any."""
        row = self._row_of.get(student)
        if row is None:
            return None
        return float(self.scoring.centred(vector[None])[0] @ self.matrix[row] / self._lengths[row])

    @cached_property
    def _lengths(self) -> Array:
        return np.maximum(np.linalg.norm(self.matrix, axis=1), np.float32(1e-12))

    def _by_matrix(self, probes: Array, inside: Array, outside: Array) -> Compared:
        """The nearest of the rows `inside`, and the nearest one of those `outside`: from all similarities."""
        similarities = probes @ self.matrix.T
        return self._best(similarities, inside, TOP), self._best(similarities, outside, 1)

    def _by_index(self, probes: Array, candidates: Collection[UUID] | None) -> Compared:
        """The same for very many students: the roster's rows are picked out, everybody else is asked of the index."""
        if candidates is None:
            return self._nearest(probes, TOP), [()] * len(probes)
        inside = self._rows(candidates)
        roster = replace(self, students=tuple(self.students[row] for row in inside), matrix=self.matrix[inside])
        near, _ = roster._by_matrix(probes, np.arange(len(inside)), np.zeros(0, int))
        return near, self._nearest(probes, 1, but=inside)

    def _nearest(self, probes: Array, top: int, *, but: Collection[int] = ()) -> list[tuple[Match, ...]]:
        found = self._index.best(probes, top, but=but)
        return [tuple(Match(self.students[row], similarity) for row, similarity in pairs) for pairs in found]

    @cached_property
    def _index(self) -> Index:
        return Index(self.matrix)

    def _split(self, candidates: Collection[UUID] | None) -> tuple[Array, Array]:
        """The rows of the candidates, and all others."""
        if candidates is None:
            return np.arange(len(self.students)), np.zeros(0, int)
        chosen = np.zeros(len(self.students), bool)
        chosen[self._rows(candidates)] = True
        return np.flatnonzero(chosen), np.flatnonzero(~chosen)

    def _rows(self, students: Collection[UUID]) -> Array:
        """The rows of these students, as far as they are here, in their order."""
        return np.array(sorted({self._row_of[student] for student in students if student in self._row_of}), int)

    def _best(self, similarities: Array, rows: Array, top: int) -> list[tuple[Match, ...]]:
        """For each face the `top` most similar of the students in `rows`, best first, ties by row."""
        part = similarities[:, rows]
        if part.shape[1] > top:
            picked = np.argpartition(-part, top - 1, axis=1)[:, :top]
        else:
            picked = np.broadcast_to(np.arange(part.shape[1]), part.shape)
        found = []
        for values, columns in zip(part, picked, strict=True):
            order = sorted(columns, key=lambda column: (-values[column], column))
            found.append(tuple(Match(self.students[rows[i]], float(values[i])) for i in order))
        return found
