"""The index answers as the whole matrix does: the same rows, the same cosines, without those left out."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrollment.domain.faces import Box, Quality
from enrollment.faces.local import index as index_module
from enrollment.faces.local import templates as module
from enrollment.faces.local.analysis import AnalysedFace
from enrollment.faces.local.arrays import unit
from enrollment.faces.local.index import BLOCK, SLACK, Index
from enrollment.faces.local.scoring import scoring_for
from enrollment.faces.local.templates import Templates
from enrollment.faces.local.weights import EMBEDDER

SCORING = scoring_for(EMBEDDER.title)


def vectors(count, seed=0, spread=1.0):
    """Unit vectors about one direction: the less they spread, the more alike."""
    random = np.random.default_rng(seed)
    return unit(random.standard_normal(128) + spread * random.standard_normal((count, 128)))


def by_matrix(matrix, probe, top, but, least):
    """The oracle: every cosine, sorted."""
    cosines = matrix @ probe
    rows = sorted(set(range(len(matrix))) - set(but), key=lambda row: (-cosines[row], row))
    return [row for row in rows if cosines[row] >= least][:top], cosines


@settings(max_examples=30, deadline=None)
@given(
    count=st.sampled_from([1, 2, BLOCK - 1, BLOCK, BLOCK + 1, 3000]),
    seed=st.integers(0, 1000),
    spread=st.sampled_from([0.1, 1.0, 10.0]),
    top=st.integers(1, 6),
    least=st.sampled_from([-1.0, 0.0, 0.3, 0.9]),
    barred=st.integers(0, 40),
)
def test_the_same_as_the_whole_matrix(count, seed, spread, top, least, barred):
    matrix, probes = vectors(count, seed, spread), vectors(3, seed + 1, spread)
    probes[0] = matrix[seed % count]
    but = set(np.argsort(-(matrix @ probes[0]))[:barred].tolist())
    for probe, found in zip(probes, Index(matrix).best(probes, top, but=but, least=least), strict=True):
        rows, cosines = by_matrix(matrix, probe, top, but, least)
        # Rows whose cosines differ in the last bits alone may change places.
        assert [value for _, value in found] == pytest.approx([float(cosines[row]) for row in rows], abs=1e-6)
        assert not but & {row for row, _ in found}
        assert all(value == pytest.approx(float(cosines[row]), abs=1e-6) for row, value in found)


def test_more_than_one_chunk(monkeypatch):
    chunk = 4 * BLOCK
    monkeypatch.setattr(index_module, "CHUNK", chunk)
    matrix = vectors(2 * chunk + 5)
    rows = [0, chunk - 1, chunk, 2 * chunk + 4]
    found = Index(matrix).best(matrix[rows], 1)
    assert [pairs[0][0] for pairs in found] == rows
    assert Index(matrix).best(matrix[rows], 1, but=rows)[3][0][0] not in rows


def test_halves_are_as_exact_as_they_are_said_to_be():
    matrix, probes = vectors(60 * BLOCK, spread=2.0), vectors(30, seed=1, spread=2.0)
    coarse = Index(matrix)._nearest_in_blocks(probes)
    exact = (probes @ matrix.T).reshape(len(probes), -1, BLOCK).max(2)
    assert np.abs(coarse - exact).max() < SLACK / 2


def test_nobody_at_or_above_the_least():
    assert Index(vectors(10, spread=10)).best(vectors(1, seed=3, spread=10), 5, least=0.99) == [[]]


def test_several_threads_at_a_time():
    matrix = vectors(2000)
    index = Index(matrix)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda row: index.best(matrix[[row]], 1)[0][0][0], range(40)))
    assert found == list(range(40))


def school(count):
    return Templates(tuple(UUID(int=n) for n in range(count)), vectors(count, spread=2.0), SCORING)


def faces(templates, rows):
    quality = Quality(100, 1.0, 100.0, 50.0, 0.9)
    noise = 0.02 * np.random.default_rng(5).standard_normal((len(rows), 128))
    seen = unit(templates.matrix[rows] + SCORING.centre + noise)
    return [AnalysedFace(Box(0, 0, 9, 9), np.zeros((5, 2), np.float32), quality, vector) for vector in seen]


@pytest.mark.parametrize("candidates", [None, range(40), [], [5, 700]])
def test_a_large_school_is_answered_like_a_small_one(monkeypatch, candidates):
    templates = school(800)
    seen = faces(templates, [3, 39, 40, 799])
    chosen = None if candidates is None else [UUID(int=n) for n in candidates]
    small = templates.observe(seen, chosen)
    monkeypatch.setattr(module, "LARGE", 100)
    large = templates.observe(seen, chosen)
    for one, other in zip(small, large, strict=True):
        assert [m.student_id for m in one.matches] == [m.student_id for m in other.matches]
        assert [m.similarity for m in one.matches] == pytest.approx([m.similarity for m in other.matches], abs=1e-6)
        assert (one.elsewhere and one.elsewhere.student_id) == (other.elsewhere and other.elsewhere.student_id)


def test_look_alikes_in_a_large_school(monkeypatch):
    templates = school(800)
    vector = faces(templates, [7])[0].vector
    small = templates.similar(vector, least=0.2, but=[UUID(int=7)])
    monkeypatch.setattr(module, "LARGE", 100)
    large = templates.similar(vector, least=0.2, but=[UUID(int=7)])
    assert [m.student_id for m in small] == [m.student_id for m in large]
    assert UUID(int=7) not in {m.student_id for m in large}
