"""Orientation of pictures: those on their side are set upright, upright ones cost nothing more."""

import numpy as np
import pytest
from PIL import Image

from enrollment.domain.faces import Box, OnItsSide, before_turning
from enrollment.faces.local.networks import Networks
from enrollment.faces.local.turning import turns_needed
from enrollment.pictures import turned
from tests.enrollment.faces.conftest import tiles
from tests.enrollment.orl import face

pytestmark = pytest.mark.django_db


def needed(model, image):
    return model.turns_needed(image, [seen.quality for seen in model.detect(image)])


@pytest.mark.parametrize("person", [1, 7, 12, 20])
@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_portrait_is_set_upright(model, person, turns):
    assert needed(model, turned(face(person).convert("RGB"), turns)) == 4 - turns


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_class_photo_is_set_upright(model, turns):
    assert needed(model, turned(tiles(range(1, 13)), turns)) == 4 - turns


@pytest.mark.parametrize("person", range(1, 41, 3))
def test_an_upright_portrait_costs_nothing_more(model, person, monkeypatch):
    image = face(person).convert("RGB")
    seen = [seen.quality for seen in model.detect(image)]
    monkeypatch.setattr(Networks, "detect", None)  # whatever is searched now fails
    assert model.turns_needed(image, seen) == 0


def test_an_upright_class_photo_costs_nothing_more(model, monkeypatch):
    image = tiles(range(1, 31))
    seen = [seen.quality for seen in model.detect(image)]
    monkeypatch.setattr(Networks, "detect", None)
    assert model.turns_needed(image, seen) == 0


def test_a_picture_of_nobody_stays_as_it_is(networks):
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 255, (300, 400, 3), np.uint8))
    assert turns_needed(noise, [], networks) == 0


def test_a_turn_counts_only_if_it_shows_more(networks):
    """A face of little confidence in an upright picture: the other turns show less of it."""
    assert turns_needed(face(1).convert("RGB"), [0.9], networks) == 0


def test_the_engine_enrols_nobody_on_their_side(engine, riverside):
    from tests.conftest import make_student

    student = make_student(riverside, "Sam", "1")
    with pytest.raises(OnItsSide) as caught:
        engine.enroll(turned(face(1).convert("RGB"), 1), student_id=student.pk)
    assert caught.value.turns == 3


@pytest.mark.parametrize("turns", range(4))
def test_a_box_is_found_again_in_the_picture_as_it_came(turns):
    came = Image.new("L", (200, 100))
    came.paste(255, (30, 10, 70, 60))
    upright = turned(came, turns)
    left, top, right, bottom = upright.getbbox()
    box = Box(left, top, right - left, bottom - top)
    assert before_turning(box, turns, upright.size) == Box(30, 10, 40, 50)
