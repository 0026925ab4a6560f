"""One face sharp, nobody else to be recognised."""

import numpy as np
import pytest
from PIL import Image

from attendance.history.blurring import MOST_SIDE, only_face
from enrollment.domain.faces import Box

OWN, OTHER = Box(100, 100, 120, 160), Box(500, 100, 120, 160)


@pytest.fixture
def noise():
    """A picture that is all detail."""
    values = np.random.default_rng(5).integers(0, 256, (600, 800, 3), dtype=np.uint8)
    return Image.fromarray(values)


def detail(image, box):
    """Mean difference of neighbouring pixels within the middle of a box."""
    part = np.asarray(image.convert("L"), dtype=float)
    part = part[box.top + 40 : box.top + box.height - 40, box.left + 30 : box.left + box.width - 30]
    return np.abs(np.diff(part, axis=1)).mean()


def test_the_own_face_is_as_it_was(noise):
    made = np.asarray(only_face(noise, OWN, [OTHER]))
    assert np.array_equal(made[160:200, 140:180], np.asarray(noise)[160:200, 140:180])


def test_everything_else_has_lost_its_detail(noise):
    made = only_face(noise, OWN, [OTHER])
    assert detail(noise, OTHER) > 50
    assert detail(made, OTHER) < 2
    nobody_s = Box(300, 350, 200, 200)
    assert detail(made, nobody_s) < 2, "a face that no engine found"


def test_nothing_of_another_face_can_be_brought_back(noise):
    """Two pictures that differ in a face's detail alone look the same there afterwards."""
    values = np.asarray(noise).copy()
    inside = values[100:260, 500:620]
    values[100:260, 500:620] = np.roll(inside, 1, axis=1)
    one, two = (np.asarray(only_face(Image.fromarray(v), OWN, [OTHER]), dtype=int) for v in (np.asarray(noise), values))
    assert np.abs(one - two).max() < 24


def test_a_face_that_reaches_over_the_own_one_is_blurred_there(noise):
    other = Box(160, 100, 120, 160)
    made = np.asarray(only_face(noise, OWN, [other]))
    assert not np.array_equal(made[160:200, 170:190], np.asarray(noise)[160:200, 170:190])
    assert np.array_equal(made[160:200, 125:150], np.asarray(noise)[160:200, 125:150])


def test_a_large_photo_is_sent_smaller(noise):
    assert max(only_face(noise.resize((3000, 2000)), OWN, []).size) == MOST_SIDE
    assert only_face(noise, OWN, []).size == noise.size


def test_the_widest_face_decides_how_coarse_the_rest_is(noise):
    near = Box(250, 0, 500, 600)
    assert detail(only_face(noise, OWN, [near]), near) < detail(only_face(noise, OWN, []), near) / 2


@pytest.mark.parametrize("own", [Box(-20, -20, 60, 60), Box(790, 590, 60, 60), Box(10, 10, 0, 0), Box(2000, 0, 9, 9)])
def test_a_box_over_the_edge(noise, own):
    assert only_face(noise, own, [Box(-50, -50, 100, 2000)]).size == noise.size


def test_a_tiny_picture():
    assert only_face(Image.new("RGB", (1, 1)), Box(0, 0, 1, 1), []).size == (1, 1)
