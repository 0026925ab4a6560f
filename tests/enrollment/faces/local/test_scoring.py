"""Centring, templates, thresholds and the comparison: arithmetic on made vectors."""

from uuid import UUID

import numpy as np
import pytest

from enrollment.domain.faces import Box, Calibration, Quality
from enrollment.faces.local.analysis import AnalysedFace
from enrollment.faces.local.arrays import unit
from enrollment.faces.local.scoring import Scoring, default_centre, scoring_for
from enrollment.faces.local.templates import TOP, Templates
from enrollment.faces.local.weights import EMBEDDER, FaceConfigurationError

PEOPLE = [UUID(int=n) for n in range(1, 10)]
PLAIN = Scoring("test", np.zeros(128, np.float32), Calibration("local", "test", 0.4, 0.3, 0.0, "made"))


def random_units(count, seed=0):
    return unit(np.random.default_rng(seed).normal(size=(count, 128)))


def face(vector):
    return AnalysedFace(Box(0, 0, 9, 9), np.zeros((5, 2)), Quality(9, 1, 100, 40, 0.9), np.asarray(vector, np.float32))


def test_the_shipped_centre_is_a_mean_of_unit_vectors_and_says_of_what():
    centre = default_centre()
    assert centre.shape == (128,)
    assert centre.dtype == np.float32
    assert 0.1 < np.linalg.norm(centre) < 1
    with pytest.raises(ValueError, match="read-only"):
        centre[0] = 1


def test_centring_takes_out_what_all_share():
    shared = random_units(1, seed=5)[0]
    vectors = unit(random_units(50) + 3 * shared)
    scoring = Scoring("test", vectors.mean(0), PLAIN.calibration)
    before = (vectors @ vectors.T)[~np.eye(50, dtype=bool)].mean()
    after = scoring.similarities(vectors, scoring.centred(vectors))[~np.eye(50, dtype=bool)].mean()
    assert before > 0.8
    assert abs(after) < 0.05


def test_a_template_is_the_mean_of_the_centred_photos():
    one, other = random_units(2)
    template = PLAIN.template([one, other])
    assert template @ one == pytest.approx(template @ other, abs=1e-6)
    assert np.allclose(PLAIN.template([one]), one, atol=1e-6)


def test_the_less_photos_agree_the_shorter_is_their_template():
    one, other = random_units(2)
    near = unit(one + 0.2 * other)
    assert np.linalg.norm(PLAIN.template([one])) == pytest.approx(1, abs=1e-6)
    assert np.linalg.norm(PLAIN.template([one, one])) == pytest.approx(1, abs=1e-6)
    lengths = [np.linalg.norm(PLAIN.template([one, second])) for second in (one, near, other)]
    assert lengths == sorted(lengths, reverse=True)
    assert lengths[-1] == pytest.approx(np.sqrt(np.linalg.norm(one + other) / 2), abs=1e-5)


def test_a_vector_of_length_nothing_is_not_a_number_trap():
    assert np.array_equal(unit(np.zeros((2, 128))), np.zeros((2, 128)))


def test_how_far_a_photo_agrees_with_a_students_others():
    one, other, stranger = random_units(3)
    templates = Templates.of({PEOPLE[0]: [one, unit(one + 0.3 * other)]}, PLAIN)
    assert templates.agreement(one, PEOPLE[0]) > 0.9
    assert templates.agreement(one, PEOPLE[0]) > float(one @ templates.matrix[0])
    assert abs(templates.agreement(stranger, PEOPLE[0])) < 0.3
    assert templates.agreement(one, PEOPLE[1]) is None


class TestThresholds:
    def test_the_default_model_has_measured_thresholds(self):
        calibration = scoring_for(EMBEDDER.title).calibration
        assert 0 < calibration.review_threshold < calibration.accept_threshold < 1
        assert "LFW" in calibration.source

    def test_settings_may_move_them(self):
        calibration = scoring_for(EMBEDDER.title, {"accept_threshold": 0.5}).calibration
        assert (calibration.accept_threshold, calibration.source) == (0.5, "settings")

    def test_an_unknown_model_needs_its_own(self):
        with pytest.raises(FaceConfigurationError, match="accept_threshold"):
            scoring_for("another", {"accept_threshold": 0.5})
        scoring = scoring_for("another", {"accept_threshold": 0.5, "review_threshold": 0.4})
        assert (scoring.model, scoring.calibration.model) == ("another", "another/4")
        assert not scoring.centre.any()


class TestTemplates:
    def templates(self, count=9):
        return Templates.of({s: [v] for s, v in zip(PEOPLE, random_units(count), strict=False)}, PLAIN)

    def test_the_best_come_first_and_no_more_than_wanted(self):
        vectors = random_units(9)
        (seen,) = self.templates().observe([face(vectors[3])])
        assert seen.matches[0].student_id == PEOPLE[3]
        assert seen.matches[0].similarity == pytest.approx(1, abs=1e-5)
        assert len(seen.matches) == TOP
        values = [match.similarity for match in seen.matches]
        assert values == sorted(values, reverse=True)
        expected = np.sort(vectors @ vectors[3])[::-1][:TOP]
        assert np.allclose(values, expected, atol=1e-5)
        assert seen.elsewhere is None

    def test_only_candidates_and_the_best_of_the_others(self):
        (seen,) = self.templates().observe([face(random_units(9)[3])], PEOPLE[:2])
        assert {match.student_id for match in seen.matches} == set(PEOPLE[:2])
        assert seen.elsewhere.student_id == PEOPLE[3]

    def test_candidates_who_are_not_enrolled_do_not_matter(self):
        (seen,) = self.templates(2).observe([face(random_units(1)[0])], [PEOPLE[0], PEOPLE[8]])
        assert [match.student_id for match in seen.matches] == [PEOPLE[0]]

    def test_nobody_enrolled_nobody_asked_for_nobody_seen(self):
        empty = Templates.of({}, PLAIN)
        (seen,) = empty.observe([face(random_units(1)[0])], [PEOPLE[0]])
        assert (seen.matches, seen.elsewhere) == ((), None)
        (seen,) = self.templates().observe([face(random_units(1)[0])], [])
        assert seen.matches == ()
        assert seen.elsewhere is not None
        assert self.templates().observe([]) == []

    def test_similar_leaves_people_out(self):
        templates, vector = self.templates(), random_units(9)[2]
        assert [m.student_id for m in templates.similar(vector, least=0.9, but=[])] == [PEOPLE[2]]
        assert templates.similar(vector, least=0.9, but=[PEOPLE[2]]) == []

    def test_only_some(self):
        some = self.templates().only({PEOPLE[4], PEOPLE[1], UUID(int=99)})
        assert some.students == (PEOPLE[1], PEOPLE[4])
        assert np.allclose(some.matrix[1], random_units(9)[4], atol=1e-6)
