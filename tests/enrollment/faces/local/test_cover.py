"""Covers: what is drawn on the demo's faces is seen, and nothing is seen on the faces as they are."""

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageFilter

from attendance.demo.orl import orl_photo
from attendance.evaluation.drawn_covers import TRIED
from enrollment.domain.faces import Cover
from enrollment.faces.local.analysis import analyse, detect
from enrollment.faces.local.cover import ANSWERS, CoverModel, cover_of, features
from tests.enrollment.faces.conftest import pixels

PEOPLE = range(1, 41, 4)


def covers(images, networks):
    return [face.quality.cover for image in images for face in analyse(image, networks)]


def drawn(name, person, networks):
    photo = orl_photo(person, 1)
    [face] = analyse(photo, networks)
    return Image.fromarray(TRIED[name](pixels(photo), face.landmarks, None))


@pytest.mark.parametrize(
    ("name", "cover"), [("mask_blue", Cover.LOWER), ("mask_black", Cover.LOWER), ("glasses_black", Cover.UPPER)]
)
def test_a_drawn_cover_is_seen_and_on_which_half(networks, name, cover):
    seen = covers([drawn(name, person, networks) for person in PEOPLE], networks)
    assert len(seen) >= 9
    assert seen.count(cover) >= 0.8 * len(seen)


def test_a_bare_face_is_not_covered_whatever_the_light(networks):
    photos = [orl_photo(person, number) for person in PEOPLE for number in (1, 5)][:16]
    assert sum(cover is not None for cover in covers(photos, networks)) <= 1
    for spoil in (
        lambda photo: ImageEnhance.Brightness(photo).enhance(0.5),
        lambda photo: ImageEnhance.Contrast(photo).enhance(0.4),
        lambda photo: photo.filter(ImageFilter.GaussianBlur(4)),
        lambda photo: photo.resize((photo.width // 4, photo.height // 4)),
    ):
        assert sum(cover is not None for cover in covers(map(spoil, photos[::3]), networks)) <= 1


def test_where_faces_are_only_looked_for_their_covers_are_seen_too(networks):
    covered = drawn("mask_black", 5, networks)
    assert [face.quality.cover for face in detect(covered, networks)] == covers([covered], networks) == [Cover.LOWER]


def test_the_features_do_not_depend_on_the_light():
    crop = np.random.default_rng(0).integers(60, 200, (14, 14, 3)).astype(np.uint8).repeat(8, 0).repeat(8, 1)
    dimmer = (crop // 2 + 20).astype(np.uint8)
    assert features(crop).shape == (576,)
    assert np.abs(features(crop) - features(dimmer)).mean() < 0.02


def test_a_crop_of_one_colour_is_no_reason_to_fail():
    assert np.isfinite(features(np.full((112, 112, 3), 90, np.uint8))).all()
    assert cover_of(np.zeros((112, 112, 3), np.uint8)) in ANSWERS


def test_the_threshold_decides():
    sure = CoverModel(np.zeros((3, 576), np.float32), np.array([0, 1, -9], np.float32), 0.5)
    crop = np.zeros((112, 112, 3), np.uint8)
    assert sure.likely(features(crop)).sum() == pytest.approx(1)
    assert sure.cover(crop) == Cover.LOWER
    assert CoverModel(sure.weights, sure.bias, 0.9).cover(crop) is None
