"""Linking the faces of one person in several pictures by their similarity, to be compared as one probe."""

from collections.abc import Mapping, Sequence

import numpy as np

from enrollment.faces.local.analysis import AnalysedFace
from enrollment.faces.local.arrays import Array
from enrollment.faces.local.scoring import Scoring, SecondScoring

# Cosine from which two faces are of one person. Of LFW's people with two photos (354) 94 % are that similar, of all
# pairs of different people 3 in a million; at 0.38 it would be 97 % and 38.
SAME = 0.45
# Where one of the two is blurred, small or dark fewer are that similar: 68 % with a blur of 3 px, 85 % of faces 24 px
# wide, 83 % at a quarter of the light (200 people of LFW). From this cosine on both embedders are asked, and the mean
# of their cosines has to be at least BOTH: then it is 89, 98 and 97 %, and of 39,800 pairs of different people none or
# one, at each of six degradations.
MAYBE = 0.25
BOTH = 0.40


def cosines_of(faces: Sequence[AnalysedFace], known: Sequence[AnalysedFace | None], scoring: Scoring) -> Array:
    """Cosines, float32 (n, m), of faces and the m known ones; 0 where none is known."""
    cosines = np.zeros((len(faces), len(known)), np.float32)
    places = [n for n, face in enumerate(known) if face]
    if faces and places:
        others = scoring.centred(np.stack([face.vector for face in known if face]))
        cosines[:, places] = scoring.centred(np.stack([face.vector for face in faces])) @ others.T
    return cosines


def sure(cosines: Array) -> Array:
    """The same cosines, 0 where they do not show by themselves that both faces are one person's."""
    return np.where(cosines >= SAME, cosines, np.float32(0))


def unsure(cosines: Array, sizes: Sequence[int]) -> list[tuple[int, int]]:
    """Pairs that may be one person's, of faces that have no surer partner in that picture.

    sizes: the number of faces (columns) of each earlier picture, in order.
    """
    open_ = np.zeros(cosines.shape, bool)
    for begin, end in _pictures(sizes):
        part = cosines[:, begin:end]
        is_sure = part >= SAME
        is_free = ~is_sure.any(1, keepdims=True) & ~is_sure.any(0, keepdims=True)
        open_[:, begin:end] = is_free & (part >= MAYBE)
    return [(int(row), int(column)) for row, column in np.argwhere(open_)]


def confirmed(
    cosines: Array,
    pairs: Sequence[tuple[int, int]],
    faces: Mapping[int, AnalysedFace],
    known: Mapping[int, AnalysedFace],
    scoring: SecondScoring,
) -> Array:
    """The sure cosines, and for each of the unsure pairs the mean of both embedders' cosines if that suffices.

    faces, known: the re-embedded faces of the pairs, by row and by column.
    """
    similarities = sure(cosines)
    for row, column in pairs:
        one, other = faces[row].second, known[column].second
        if one is None or other is None:
            continue
        second = scoring.similarities(scoring.template([one])[None], scoring.template([other])[None])[0, 0]
        mean = (cosines[row, column] + second) / 2
        if mean >= BOTH:
            similarities[row, column] = mean
    return similarities


def one_to_one(similarities: Array) -> Array:
    """The same similarities (n, m), 0 but for the pairs by which each face is given out once, with the largest sum.

    Kuhn 1955; scipy.optimize.linear_sum_assignment.
    """
    from scipy.optimize import linear_sum_assignment  # takes a third of a second, needed only for linking

    rows, columns = linear_sum_assignment(similarities, maximize=True)
    chosen = np.zeros_like(similarities)
    chosen[rows, columns] = similarities[rows, columns]
    return chosen


def linked(similarities: Array, sizes: Sequence[int]) -> list[tuple[int, ...]]:
    """For each face (row) the earlier ones (columns) of the same person, the most similar first.

    similarities: 0 unless both are one person's. In each picture a person is one face. sizes: as for `unsure`.
    """
    chosen = np.zeros_like(similarities)
    for begin, end in _pictures(sizes):
        chosen[:, begin:end] = one_to_one(similarities[:, begin:end])
    return [tuple(int(n) for n in np.argsort(-row, kind="stable") if row[n] > 0) for row in chosen]


def _pictures(sizes: Sequence[int]) -> list[tuple[int, int]]:
    ends = np.cumsum(sizes, dtype=int).tolist()
    return list(zip([0, *ends], ends, strict=False))  # one beginning more than there are ends
