"""Ways to spoil a picture: each as often the same, each of the right size, each worse than before."""

import numpy as np
import pytest
from PIL import Image

from attendance.demo.orl import orl_photo
from attendance.evaluation.degradations import AS_IT_IS, DEGRADATIONS, Face, face_width
from attendance.evaluation.drawn_covers import TRIED
from enrollment.faces.local.analysis import LANDMARKS

# A face of 100 pixels in the middle of a picture, where the aligned face would be.
FACE = Face(LANDMARKS + 150, 100.0)


@pytest.fixture(scope="module")
def photo():
    noise = np.random.default_rng(0).normal(0, 12, (400, 420, 1))
    light = np.linspace(60, 220, 420)[None, :, None] + np.array([20, 0, -20])
    return Image.fromarray(np.clip(light + noise, 0, 255).astype(np.uint8))


def values(image):
    return np.asarray(image).astype(float)


@pytest.mark.parametrize("name", DEGRADATIONS)
def test_the_same_seed_gives_the_same_picture_and_the_photo_is_left_alone(photo, name):
    before = photo.tobytes()
    once, again = (DEGRADATIONS[name](photo, FACE, 5) for _ in range(2))
    assert once.tobytes() == again.tobytes()
    assert once.mode == "RGB"
    assert photo.tobytes() == before


@pytest.mark.parametrize("name", sorted(set(DEGRADATIONS) - {"clean"}))
def test_what_changes_is_said_and_only_a_small_face_changes_the_size(photo, name):
    degradation = DEGRADATIONS[name]
    spoilt = degradation(photo, FACE, 5)
    assert degradation.steps
    assert (spoilt.size == photo.size) == (degradation.group != "size")
    assert spoilt.size != photo.size or np.abs(values(spoilt) - values(photo)).max() > 3


def test_as_it_is(photo):
    assert AS_IT_IS(photo, None, 1).tobytes() == photo.tobytes()


@pytest.mark.parametrize("name", ["half", "window", "quarter"])
def test_another_seed_gives_other_noise(photo, name):
    assert DEGRADATIONS[name](photo, FACE, 1).tobytes() != DEGRADATIONS[name](photo, FACE, 2).tobytes()


def test_values_fall_as_stated(photo):
    for name, factor in (("half", 0.5), ("quarter", 0.25), ("tenth", 0.1)):
        assert values(DEGRADATIONS[name](photo, None, 1)).mean() == pytest.approx(values(photo).mean() * factor, abs=2)
    assert np.ptp(values(DEGRADATIONS["veil"](photo, None, 1)).mean(0)) < np.ptp(values(photo).mean(0)) / 4


def test_against_the_window_only_the_person_is_dark(photo):
    lit = values(DEGRADATIONS["window"](photo, FACE, 1))
    assert lit[200, 206].mean() < 60
    assert lit[5, 5].mean() > 180


def test_a_face_gets_the_width_that_was_asked_for(photo):
    small = face_width(25)(photo, FACE, 1)
    assert small.size == (105, 100)
    with pytest.raises(ValueError, match="face"):
        face_width(25)(photo, None, 1)


@pytest.mark.parametrize(("name", "hidden", "free"), [
    ("mask_blue", 95, 45), ("mask_black", 95, 45), ("bar_lower", 95, 45),
    ("glasses_black", 54, 90), ("glasses_aviator", 54, 90), ("bar_upper", 50, 90),
])  # fmt: skip
def test_a_cover_hides_its_half_and_leaves_the_other(photo, name, hidden, free):
    change = np.abs(values(TRIED[name](np.asarray(photo), FACE.landmarks, None)) - values(photo)).max(2)
    assert change[150 + hidden, 150 + 38] > 10
    assert change[150 + free, 150 + 38] <= 1
    assert change[:100].max() <= 1


def test_a_cover_follows_the_face(photo):
    small = FACE.landmarks * 0.5
    change = np.abs(values(TRIED["bar_lower"](np.asarray(photo), small, None)) - values(photo)).max(2)
    rows, columns = np.nonzero(change > 3)
    assert (rows.min(), columns.max()) == (pytest.approx(107, abs=3), pytest.approx(135, abs=3))


def test_a_real_photo_can_be_spoilt_in_all_ways():
    image = orl_photo(1, 1)
    for degradation in DEGRADATIONS.values():
        assert degradation(image, FACE, 1).mode == "RGB"
