"""Templates of enrolled students, compared with faces: pure, in memory, loaded by the gallery."""

from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self
from uuid import UUID

import numpy as np

from enrollment.domain.faces import FaceObservation, Match
from enrollment.faces.local.analysis import AnalysedFace
from enrollment.faces.local.arrays import Array
from enrollment.faces.local.index import Index
from enrollment.faces.local.networks import DIMENSIONS
from enrollment.faces.local.scoring import Probe, Scoring

Compared = tuple[list[tuple[Match, ...]], list[tuple[Match, ...]]]

# Number of students from which an index is used: below it the whole matrix is as quick (`bench/gallery.py`).
LARGE = 20_000
WIDER = 50  # the index's nearest, found without regard to lengths, among which look-alikes are searched
TOP = 5  # candidates reported for a face: more than a teacher has to choose from


@dataclass(frozen=True)
class Templates:
    """students[i] has the template matrix[i], float32 (m, 128), centred, of length 1 or less (`Scoring.template`), and
    second[i], (m, 256), if the second embedder described all of them."""

    students: tuple[UUID, ...]
    matrix: Array
    scoring: Scoring
    second: Array | None = None

    @classmethod
    def of(cls, vectors: Mapping[UUID, Sequence[Array]], scoring: Scoring) -> Self:
        """Templates of each student's stored vectors (`AnalysedFace.stored`), not centred; in the order of the ids."""
        students = tuple(sorted(student for student, own in vectors.items() if len(own)))
        if not students:
            return cls((), np.zeros((0, DIMENSIONS), np.float32), scoring)
        every = [vector for student in students for vector in vectors[student]]
        counts = [len(vectors[student]) for student in students]
        matrix = scoring.templates(np.stack([vector[:DIMENSIONS] for vector in every]), counts)
        return cls(students, matrix, scoring, _seconds(every, counts, scoring))

    def following(self, vectors: Mapping[UUID, Sequence[Array]]) -> Self | None:
        """The templates with these students' made again, of all their stored vectors.

        None where all have to be loaded: all of these photos were described by both embedders, and some others not.
        """
        fresh = self.of(vectors, self.scoring)
        if self.second is None and fresh.second is not None:
            return None
        rows = [bisect_left(self.students, student) for student in fresh.students]
        pairs = zip(rows, fresh.students, strict=True)
        is_new = np.array([self.students[row : row + 1] != (student,) for row, student in pairs], bool)
        at, students = np.array(rows, int), list(self.students)
        for n in reversed(np.flatnonzero(is_new)):
            students.insert(rows[n], fresh.students[n])
        matrix = _placed(self.matrix, fresh.matrix, at, is_new)
        second = None
        if self.second is not None and fresh.second is not None:
            second = _placed(self.second, fresh.second, at, is_new)
        return replace(self, students=tuple(students), matrix=matrix, second=second)

    def only(self, students: Collection[UUID]) -> Self:
        """The templates of these students alone."""
        rows = [self._row_of[student] for student in sorted(students) if student in self._row_of]
        return self._picked(rows)

    def among(self, students: Collection[UUID] | None) -> Self:
        """The same templates without those of anybody besides these students (None: everybody's).

        Whom the last question left out the next one mostly leaves out as well: that answer is kept.
        """
        left_out = frozenset[UUID]() if students is None else frozenset(self.students).difference(students)
        if not left_out:
            return self
        permitted = self._permitted.get(left_out)
        if permitted is None:
            permitted = self._picked([row for row, student in enumerate(self.students) if student not in left_out])
            self._permitted.clear()
            self._permitted[left_out] = permitted
        return permitted

    @cached_property
    def _permitted(self) -> dict[frozenset[UUID], Self]:
        return {}

    def _picked(self, rows: Sequence[int] | Array) -> Self:
        second = None if self.second is None else self.second[rows]
        return type(self)(tuple(self.students[row] for row in rows), self.matrix[rows], self.scoring, second)

    @cached_property
    def _row_of(self) -> dict[UUID, int]:
        return {student: row for row, student in enumerate(self.students)}

    def observe(
        self, faces: Sequence[AnalysedFace], candidates: Collection[UUID] | None = None
    ) -> list[FaceObservation]:
        """Each face with its most similar candidates (None: all students) and the most similar student besides them."""
        if not faces:
            return []
        return self.observe_as(faces, [self.scoring.probe([face]) for face in faces], candidates)

    def observe_as(
        self, faces: Sequence[AnalysedFace], probes: Sequence[Probe], candidates: Collection[UUID] | None
    ) -> list[FaceObservation]:
        """As `observe`, with the probes given, such as one of several faces of one person.

        An ambiguous face is compared by both embedders' vectors, if the probe has them.
        """
        if len(self.students) >= LARGE:
            near, far = self._by_index(probes, candidates)
        else:
            near, far = self._by_matrix(probes, *self._split(candidates))
        return [
            FaceObservation(face.box, face.quality, matches, elsewhere[0] if elsewhere else None)
            for face, matches, elsewhere in zip(faces, near, far, strict=True)
        ]

    def ambiguous(self, seen: Sequence[FaceObservation]) -> list[int]:
        """Indices of the ambiguous faces, by the first embedder's similarities: they are to be re-embedded."""
        if self.second is None or (second := self.scoring.second) is None:
            return []
        return [
            n
            for n, face in enumerate(seen)
            if face.matches and second.is_ambiguous(face.matches[0].similarity, face.quality.cover)
        ]

    def similar(self, vector: Array, *, least: float, but: Collection[UUID]) -> list[Match]:
        """Students whose photos' mean is at least `least` similar to one vector (128,), best first, without `but`.

        The mean counts with length 1: its length tells how well one's photos agree, not how alike two people look.
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
        """The cosine of one vector (128,) and the mean of the student's photos; None for a student without any."""
        row = self._row_of.get(student)
        if row is None:
            return None
        return float(self.scoring.centred(vector[None])[0] @ self.matrix[row] / self._lengths[row])

    @cached_property
    def _lengths(self) -> Array:
        return np.maximum(np.linalg.norm(self.matrix, axis=1), np.float32(1e-12))

    def _by_matrix(self, probes: Sequence[Probe], inside: Array, outside: Array) -> Compared:
        """The nearest `TOP` of the rows `inside`, and the nearest one of those `outside`, from all similarities."""
        similarities = np.stack([probe.first for probe in probes]) @ self.matrix.T
        self._rescore_ambiguous(similarities, probes, inside)
        return self._best(similarities, inside, TOP), self._best(similarities, outside, 1)

    def _rescore_ambiguous(self, similarities: Array, probes: Sequence[Probe], inside: Array) -> None:
        """Replace the similarities of ambiguous probes, (n, m), by those of both embedders, in place."""
        scoring = self.scoring.second
        if scoring is None or self.second is None or not len(inside):
            return
        best = similarities[:, inside].max(axis=1)
        for n, probe in enumerate(probes):
            if (again := probe.again) and scoring.is_ambiguous(best[n], again.cover):
                second = scoring.similarities(again.second[None], self.second)[0]
                similarities[n] = again.blend.similarities(self.matrix @ again.first, second)

    def _by_index(self, probes: Sequence[Probe], candidates: Collection[UUID] | None) -> Compared:
        """As `_by_matrix` for very many students: the candidates' rows are compared directly, all others by the index,
        and only the nearest few of these by the second embedder."""
        if candidates is None:
            return self._rescored(probes, self._nearest(probes, WIDER), TOP), [()] * len(probes)
        inside = self._rows(candidates)
        near, _ = self._picked(inside)._by_matrix(probes, np.arange(len(inside)), np.zeros(0, int))
        return near, self._rescored(probes, self._nearest(probes, TOP, but=inside), 1)

    def _rescored(
        self, probes: Sequence[Probe], found: Sequence[tuple[Match, ...]], top: int
    ) -> list[tuple[Match, ...]]:
        """The `top` best of each probe's nearest, by both embedders."""
        results: list[tuple[Match, ...]] = []
        for probe, matches in zip(probes, found, strict=True):
            few = self._picked([self._row_of[match.student_id] for match in matches])
            results += few._by_matrix([probe], np.arange(len(matches)), np.zeros(0, int))[0] if matches else [()]
        return [matches[:top] for matches in results]

    def _nearest(self, probes: Sequence[Probe], top: int, *, but: Collection[int] = ()) -> list[tuple[Match, ...]]:
        found = self._index.best(np.stack([probe.first for probe in probes]), top, but=but)
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
        """The rows of these students, ascending; unknown students are left out."""
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


def _placed(matrix: Array, fresh: Array, at: Array, is_new: Array) -> Array:
    """A copy of the matrix with fresh rows before the rows `at`, or in their place where they are not new."""
    placed: Array = np.insert(matrix, at[is_new], fresh[is_new], axis=0)
    replaced = at[~is_new]
    placed[replaced + np.searchsorted(at[is_new], replaced, side="right")] = fresh[~is_new]
    return placed


def _seconds(vectors: Sequence[Array], counts: Sequence[int], scoring: Scoring) -> Array | None:
    """The second templates (m, 256) of all students, or None unless each photo was described by both embedders."""
    second = scoring.second
    if second is None or any(len(vector) == DIMENSIONS for vector in vectors):
        return None
    return second.templates(np.stack([vector[DIMENSIONS:] for vector in vectors]), counts)
