"""Linking one person's faces in several pictures: arithmetic on made vectors, and real faces once."""

import numpy as np
import pytest

from attendance.demo.orl import orl_photo
from enrollment.faces.local.arrays import unit
from enrollment.faces.local.linking import SAME, same_faces
from tests.enrollment.faces.local.test_scoring import PLAIN, face, random_units


def like(vector, cosine, seed=9):
    """A unit vector of a chosen cosine to another one."""
    other = random_units(1, seed)[0]
    across = unit(other - (other @ vector) * vector)
    return (cosine * vector + np.sqrt(1 - cosine**2) * across).astype(np.float32)


def test_one_person_in_two_pictures():
    one, other = random_units(2)
    cosines = same_faces([face(one), face(other)], [[like(one, 0.7)], [None, like(other, 0.6)]], PLAIN)
    assert np.allclose(cosines, [[0.7, 0, 0], [0, 0, 0.6]], atol=1e-5)


def test_of_one_picture_at_most_one_face_is_the_same_persons():
    one = random_units(1)[0]
    cosines = same_faces([face(one)], [[like(one, 0.6), like(one, 0.7, seed=8)]], PLAIN)
    assert np.allclose(cosines, [[0, 0.7]], atol=1e-5)


def test_too_little_alike():
    one = random_units(1)[0]
    assert not same_faces([face(one)], [[like(one, SAME - 0.01)]], PLAIN).any()


def test_a_picture_in_which_nothing_was_found():
    assert same_faces([face(random_units(1)[0])], [[None], []], PLAIN).shape == (1, 1)


@pytest.mark.django_db
def test_faces_together_are_compared_as_one(engine, sam):
    engine.enroll(orl_photo(1, 1), student_id=sam.pk)
    earlier, now = orl_photo(1, 5), orl_photo(1, 6)
    [alone] = engine.identify(now, candidates=None)
    [seen] = engine.identify_together(now, [[earlier], [orl_photo(2, 1)]], candidates=None)
    [before] = engine.identify(earlier, candidates=None)
    assert seen.same_as == (0,)
    low, high = sorted([alone.matches[0].similarity, before.matches[0].similarity])
    assert low - 0.05 < seen.observation.matches[0].similarity < high + 0.1
    assert engine.identify_together(now, [], candidates=None)[0].observation.matches == alone.matches
