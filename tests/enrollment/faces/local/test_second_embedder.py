"""Ambiguous faces are re-embedded with the second model: arithmetic, and real faces."""

from dataclasses import replace
from uuid import UUID

import numpy as np
import pytest
from PIL import Image

from attendance.demo.orl import orl_photo
from attendance.evaluation.drawn_covers import TRIED
from enrollment.domain.faces import Cover
from enrollment.faces.local.arrays import unit
from enrollment.faces.local.engine import LocalModel
from enrollment.faces.local.scoring import Blend, CoveredScoring, Scoring, SecondScoring, second_scoring
from enrollment.faces.local.templates import Templates
from tests.enrollment.faces.conftest import tiles
from tests.enrollment.faces.local.test_scoring import PLAIN, face, random_units

ANN, BEN = UUID(int=1), UUID(int=2)
SECOND = SecondScoring(
    np.zeros(256, np.float32), low=0.2, high=0.5, scale=1.0, blend=Blend(0.25, 0.75, 0.1), covered={
        Cover.UPPER: CoveredScoring(np.zeros(128, np.float32), np.zeros(256, np.float32), Blend(0, 1)),
        Cover.LOWER: CoveredScoring(np.zeros(128, np.float32), np.zeros(256, np.float32), Blend(0.5, 0.5)),
    },
)  # fmt: skip
TWICE = Scoring("test", PLAIN.centre, PLAIN.calibration, SECOND)


def seconds(count, seed=3):
    return unit(np.random.default_rng(seed).normal(size=(count, 256)))


def seconds_of_a_mask():
    return seconds(1, seed=12)[0]


def like(vector, cosine, seed=9):
    across = unit(np.random.default_rng(seed).normal(size=len(vector)))
    across = unit(across - (across @ vector) * vector)
    return (cosine * vector + np.sqrt(1 - cosine**2) * across).astype(np.float32)


@pytest.fixture
def known():
    """Ann and Ben, described by both embedders."""
    pairs = zip(random_units(2), seconds(2), strict=True)
    return Templates.of(dict(zip((ANN, BEN), ([np.concatenate(pair)] for pair in pairs), strict=True)), TWICE)


def seen(known, first, second=None, cover=None):
    """A face with these similarities to Ann by the first embedder and by the second."""
    probe = face(like(known.matrix[0], first))
    probe = replace(probe, quality=replace(probe.quality, cover=cover))
    return probe if second is None else replace(probe, second=like(known.second[0], second))


def best(known, probe, candidates=None):
    match = known.observe([probe], candidates)[0].matches[0]
    return match.student_id, match.similarity


def test_an_ambiguous_face_is_judged_by_both_in_the_firsts_scale(known):
    assert best(known, seen(known, 0.35)) == (ANN, pytest.approx(0.35, abs=1e-5))
    assert best(known, seen(known, 0.36, 0.72)) == (ANN, pytest.approx(0.25 * 0.36 + 0.75 * 0.72 + 0.1, abs=1e-5))


@pytest.mark.parametrize(("cover", "similarity"), [(Cover.UPPER, 0.7), (Cover.LOWER, 0.4)])
@pytest.mark.parametrize("candidates", [None, [ANN]])
def test_which_half_is_covered_decides_what_is_compared(known, cover, similarity, candidates):
    """However alike it looks to the first embedder: here not at all."""
    covered = seen(known, 0.1, 0.7, cover)
    assert known.ambiguous(known.observe([replace(covered, second=None)], candidates)) == [0]
    assert best(known, covered, candidates) == (ANN, pytest.approx(similarity, abs=1e-5))


def test_covered_faces_are_centred_on_covered_ones(known):
    """A mask adds the same to every face, and so says nothing of whose it is."""
    firsts, seconds = random_units(1, seed=11)[0] / 2, seconds_of_a_mask() / 2
    masked = CoveredScoring(firsts, seconds, Blend(0.5, 0.5))
    scoring = replace(TWICE, second=replace(SECOND, covered={Cover.LOWER: masked}))
    again = replace(known, scoring=scoring)
    bare = seen(known, 0.6, 0.6, Cover.LOWER)
    probe = replace(bare, vector=bare.vector + firsts, second=bare.second + seconds)
    assert best(again, probe) == (ANN, pytest.approx(0.6, abs=1e-5))
    assert best(known, probe)[1] < 0.6


def test_a_face_seen_bare_and_with_a_mask_is_one_probe_of_both(known):
    bare, masked = seen(known, 0.9, 0.9), seen(known, 0.3, 0.3, Cover.LOWER)
    alone, together = (
        known.observe_as([masked], [TWICE.probe(faces)], None)[0] for faces in ([masked], [masked, bare])
    )
    assert together.matches[0].similarity > alone.matches[0].similarity


@pytest.mark.parametrize("first", [0.6, 0.51])
def test_a_certain_face_is_not_reembedded(known, first):
    assert known.ambiguous(known.observe([seen(known, first)])) == []
    assert best(known, seen(known, first + 1e-4, 0.9)) == (ANN, pytest.approx(first, abs=1e-3))


def test_faces_between_the_limits_are_ambiguous(known):
    faces = [seen(known, similarity) for similarity in (0.7, 0.4, 0.25)]
    assert known.ambiguous(known.observe(faces)) == [1, 2]


def test_ambiguity_is_about_the_candidates(known):
    """A similarity to a student of another class does not decide which faces are re-embedded."""
    assert known.ambiguous(known.observe([seen(known, 0.4)], [ANN])) == [0]
    assert known.ambiguous(known.observe([seen(known, 0.9)], [BEN])) == []


def test_students_without_a_second_template_are_judged_by_the_first(known):
    half = Templates.of({ANN: [random_units(1)[0]], BEN: [np.concatenate([random_units(1)[0], seconds(1)[0]])]}, TWICE)
    assert half.second is None
    assert half.ambiguous(half.observe([face(random_units(1)[0])])) == []


def test_several_faces_are_one_probe_to_both(known):
    probe = TWICE.probe([seen(known, 0.3, 0.3), seen(known, 0.4, 0.5)])
    assert probe.first.shape == probe.again.first.shape == (128,)
    assert probe.again.second.shape == (256,)
    assert np.linalg.norm(probe.again.second) <= 1 + 1e-6


def test_the_scale_keeps_the_order():
    scoring = second_scoring()
    assert scoring.scale > 0
    assert scoring.low < scoring.high


class TestOnRealFaces:
    @pytest.fixture(scope="class")
    def model(self):
        return LocalModel.from_options()

    def test_a_face_is_described_twice(self, model):
        [one] = model.analyse_with_both(orl_photo(1, 1))
        assert one.stored.shape == (384,)
        assert np.linalg.norm(one.second) == pytest.approx(1, abs=1e-4)

    def test_the_second_tells_people_apart(self, model):
        faces = [model.analyse_with_both(orl_photo(person, number))[0] for person in range(1, 9) for number in (1, 2)]
        scoring = model.scoring.second
        vectors = np.stack([scoring.template([one.second]) for one in faces])
        cosines = scoring.similarities(vectors, vectors)
        own = [cosines[n, n + 1] for n in range(0, 16, 2)]
        others = [cosines[i, j] for i in range(16) for j in range(16) if i // 2 != j // 2]
        assert min(own) > max(others)

    @pytest.mark.parametrize("name", ["mask_black", "glasses_black"])
    @pytest.mark.thorough
    def test_people_are_known_with_half_of_their_face_covered(self, model, name):
        known = {UUID(int=n): [model.analyse_with_both(orl_photo(n, 1))[0].stored] for n in range(1, 9)}
        templates, right = Templates.of(known, model.scoring), 0
        for person in range(1, 9):
            photo = orl_photo(person, 1)
            [bare] = model.analyse(photo)
            covered = Image.fromarray(TRIED[name](np.asarray(photo.convert("RGB")), bare.landmarks, None))
            [seen_so] = model.compared(covered, templates, None)
            right += seen_so.quality.cover is not None and seen_so.matches[0].student_id.int == person
        assert right >= 7

    def test_only_ambiguous_faces_are_reembedded(self, model, monkeypatch):
        known = {UUID(int=n): [model.analyse_with_both(orl_photo(n, 1))[0].stored] for n in range(1, 5)}
        looked = []
        real = LocalModel.reembed
        monkeypatch.setattr(
            LocalModel, "reembed", lambda own, image, faces: looked.append(len(faces)) or real(own, image, faces)
        )
        found = model.compared(tiles(range(1, 5)), Templates.of(known, model.scoring), None)
        assert [one.matches[0].student_id.int for one in found] == [1, 2, 3, 4]
        assert sum(looked) <= 2
