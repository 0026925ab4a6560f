"""Linking one person's faces in several pictures: arithmetic on made vectors, and real faces once."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import ImageFilter

from attendance.demo.orl import orl_photo
from enrollment.faces.local.arrays import unit
from enrollment.faces.local.linking import BOTH, MAYBE, SAME, confirmed, cosines_of, linked, sure, unsure
from enrollment.faces.local.scoring import SecondScoring
from tests.enrollment.faces.local.test_scoring import PLAIN, face, random_units


def like(vector, cosine, seed=9):
    """A unit vector of a chosen cosine to another one."""
    other = random_units(1, seed)[0]
    across = unit(other - (other @ vector) * vector)
    return (cosine * vector + np.sqrt(1 - cosine**2) * across).astype(np.float32)


def links(faces, *pictures):
    """The links of faces, by vector, with those of earlier pictures (None: no face was found)."""
    known = [vector if vector is None else face(vector) for picture in pictures for vector in picture]
    cosines = cosines_of([face(vector) for vector in faces], known, PLAIN)
    return linked(sure(cosines), [len(picture) for picture in pictures])


def test_one_person_in_two_pictures():
    one, other = random_units(2)
    assert links([one, other], [like(one, 0.7)], [None, like(other, 0.6)]) == [(0,), (2,)]


def test_the_most_similar_first():
    one = random_units(1)[0]
    assert links([one], [like(one, 0.6)], [like(one, 0.8)], [like(one, 0.7)]) == [(1, 2, 0)]


def test_of_one_picture_at_most_one_face_is_the_same_persons():
    one = random_units(1)[0]
    assert links([one], [like(one, 0.6), like(one, 0.7, seed=8)]) == [(1,)]


def test_too_little_alike():
    one = random_units(1)[0]
    assert links([one], [like(one, SAME - 0.01)]) == [()]
    assert links([one], [like(one, SAME + 0.01)]) == [(0,)]


def test_a_picture_in_which_nothing_was_found():
    assert links([random_units(1)[0]], [None], []) == [()]
    assert links([random_units(1)[0]]) == [()]


def test_unsure_are_those_who_may_be_alike_and_have_no_surer_partner_in_the_picture():
    cosines = np.array([[0.6, 0.3, 0.3], [0.3, 0.3, 0.2], [MAYBE - 0.01, 0.1, MAYBE]], np.float32)
    assert unsure(cosines, [2, 1]) == [(0, 2), (1, 1), (2, 2)]
    assert unsure(cosines, [3]) == [(1, 1), (2, 2)]


def test_the_mean_of_both_embedders_decides():
    second = SecondScoring(np.zeros(256, np.float32), low=0.2, high=0.5, scale=1.0)
    one = np.eye(256, dtype=np.float32)[0]

    def looked_at(cosine):
        return replace(face(random_units(1)[0]), second=cosine * one + np.sqrt(1 - cosine**2) * np.eye(256)[1])

    cosines = np.array([[0.5, 0.3, 0.3, 0.3]], np.float32)
    known = {1: looked_at(2 * BOTH - 0.3 + 0.01), 2: looked_at(2 * BOTH - 0.3 - 0.01), 3: face(random_units(1)[0])}
    pairs = [(0, 1), (0, 2), (0, 3)]
    similarities = confirmed(cosines, pairs, {0: looked_at(1.0)}, known, second)
    assert np.allclose(similarities, [[0.5, BOTH + 0.005, 0, 0]], atol=1e-5)


@pytest.mark.django_db
def test_a_poor_face_is_linked_by_both_embedders(engine):
    """A person in a sharp and in a blurred picture: too unlike for one embedder alone."""
    clear, poor = orl_photo(3, 4), orl_photo(3, 6).filter(ImageFilter.GaussianBlur(9.5))
    cosine = cosines_of(engine.model.analyse(poor), engine.model.analyse(clear), engine.model.scoring)[0, 0]
    assert MAYBE < cosine < SAME
    [seen] = engine.identify_together(poor, [[orl_photo(2, 1), clear]], candidates=None)
    assert seen.same_as == (1,)


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
