"""Panoramas: every face is found, once; ordinary pictures are searched as before."""

from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from attendance.demo.orl import enlarged
from enrollment.faces.local import analysis
from enrollment.faces.local.wide import is_panorama, parts_of
from tests.enrollment.faces.conftest import tiles

pytestmark = pytest.mark.thorough


def panorama(*, people=32, length=12_000, turned=False):
    """Groups of eight small faces at even distances along the longer side."""
    picture = Image.new("RGB", (1_800, length) if turned else (length, 1_800), (128, 128, 128))
    groups = people // 8
    for n in range(groups):
        group = tiles(range(1 + 8 * n, 9 + 8 * n), factor=1.2, columns=4)
        along = n * length // groups + 100
        picture.paste(group, (600, along) if turned else (along, 600))
    return picture


@pytest.fixture(scope="module")
def of_32():
    return panorama()


def test_the_faces_of_a_panorama_are_found_as_in_its_quarters(model, of_32):
    quarters = [of_32.crop((3_000 * n, 0, 3_000 * (n + 1), 1_800)) for n in range(4)]
    found = model.detect(of_32)
    assert len(found) == sum(len(model.detect(quarter)) for quarter in quarters)
    assert len(found) >= 30
    assert {face.box.left // 3_000 for face in found} == {0, 1, 2, 3}


def test_without_parts_none_is_found(model, of_32, monkeypatch):
    monkeypatch.setattr(analysis, "is_panorama", lambda width, height: False)
    assert len(model.detect(of_32)) == 0


def test_parts_of_a_tall_one_lie_one_above_the_other(model):
    tall = panorama(people=16, length=6_000, turned=True)
    halves = [tall.crop((0, 3_000 * n, 1_800, 3_000 * (n + 1))) for n in range(2)]
    assert len(model.detect(tall)) >= max(14, sum(len(model.detect(half)) for half in halves))


@pytest.mark.parametrize("shift", range(0, 1_600, 200))
def test_a_face_at_a_seam_is_found_once(model, shift):
    picture = Image.new("RGB", (6_000, 1_200), (128, 128, 128))
    picture.paste(tiles([1, 9], factor=1.6, columns=2), (1_000 + shift, 400))
    first, second = model.detect(picture)
    assert 100 < second.box.left - first.box.left < 200


def test_a_face_wider_than_what_parts_share_is_found_once(model):
    picture = Image.new("RGB", (3_000, 1_100), (128, 128, 128))
    picture.paste(enlarged(9, 7, 9.0), (1_100, 40))
    assert len(model.detect(picture)) == 1


@pytest.mark.parametrize(("width", "height"), [(12_000, 1_800), (5_000, 1_999), (1_000, 40_000), (3_001, 1_200)])
def test_parts_cover_a_picture_and_each_pixel_is_of_one(width, height):
    parts = parts_of(width, height)
    longer, shorter = max(width, height), min(width, height)
    assert (parts[0].begin, parts[-1].end) == (0, longer)
    assert all(part.end - part.begin <= 1.5 * shorter + 1 for part in parts)
    for one, other in pairwise(parts):
        assert one.end - other.begin >= shorter / 3 - 1
        assert 0 < one.own_end - other.own_begin < shorter / 20


@pytest.mark.parametrize("size", [(4000, 3000), (3000, 4000), (4000, 2250), (4000, 1800), (1920, 1080), (1000, 1000)])
def test_usual_pictures_are_none(size):
    assert not is_panorama(*size)


def test_a_usual_photo_is_searched_as_before(model, monkeypatch):
    """Two searches, of the copy and of the small one: nothing of panoramas is even asked for."""
    photo = tiles(range(1, 13)).resize((2400, 1600))
    asked = []
    real = analysis.Networks.detect

    def counted(self, image, *args):
        asked.append(np.shape(image)[:2])
        return real(self, image, *args)

    monkeypatch.setattr(analysis.Networks, "detect", counted)
    monkeypatch.setattr(analysis, "parts_of", None)
    assert len(model.detect(photo)) == 12
    assert asked == [(1280, 1920), (213, 320)]
