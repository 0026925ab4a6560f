"""Linking the faces of one person in several pictures by their similarity, to be compared as one probe."""

from collections.abc import Sequence

import numpy as np

from enrollment.faces.local.analysis import AnalysedFace
from enrollment.faces.local.arrays import Array
from enrollment.faces.local.scoring import Scoring

# Cosine from which two faces are of one person. Of LFW's people with two photos (354) 94 % are that similar, of all
# pairs of different people 3 in a million; at 0.38 it would be 97 % and 38.
SAME = 0.45


def same_faces(faces: Sequence[AnalysedFace], earlier: Sequence[Sequence[Array | None]], scoring: Scoring) -> Array:
    """Cosines, float32 (n, m), of faces and the m earlier ones, 0 unless both are one person's.

    earlier: of each earlier picture the vectors (128,) of its faces, None where none was found.
    """
    centred = scoring.centred(np.stack([face.vector for face in faces]))
    parts = [np.zeros((len(faces), 0), np.float32)]
    for vectors in earlier:
        similarities = np.zeros((len(faces), len(vectors)), np.float32)
        known = {n: vector for n, vector in enumerate(vectors) if vector is not None}
        if known:
            cosines = centred @ scoring.centred(np.stack(list(known.values()))).T
            cosines[cosines < SAME] = 0
            similarities[:, list(known)] = one_to_one(cosines)
        parts.append(similarities)
    return np.hstack(parts)


def one_to_one(similarities: Array) -> Array:
    """The same similarities (n, m), 0 but for the pairs by which each face is given out once, with the largest sum.

    Kuhn 1955; scipy.optimize.linear_sum_assignment.
    """
    from scipy.optimize import linear_sum_assignment  # takes a third of a second, needed only for linking

    rows, columns = linear_sum_assignment(similarities, maximize=True)
    chosen = np.zeros_like(similarities)
    chosen[rows, columns] = similarities[rows, columns]
    return chosen


def links_of(similarities: Array) -> list[tuple[int, ...]]:
    """For each row the columns above 0, the most similar first."""
    return [tuple(int(n) for n in np.argsort(-row, kind="stable") if row[n] > 0) for row in similarities]


def linked(
    faces: Sequence[AnalysedFace], known: Sequence[AnalysedFace | None], sizes: Sequence[int], scoring: Scoring
) -> list[tuple[int, ...]]:
    """For each face the indices of those in `known` that are the same person's, the most similar first.

    sizes: the number of `known` faces of each earlier picture, in order.
    """
    vectors = iter(face.vector if face else None for face in known)
    return links_of(same_faces(faces, [[next(vectors) for _n in range(size)] for size in sizes], scoring))
