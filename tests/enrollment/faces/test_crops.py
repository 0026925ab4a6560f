"""Pictures as Rekognition wants them: one face, large enough, within the limits."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from attendance.demo.orl import enlarged, orl_photo
from enrollment.domain.faces import Box
from enrollment.faces.crops import ENROLMENT, MAX_BYTES, MAX_SIDE, MIN_SIDE, SEARCH, face_jpeg, whole_jpeg
from tests.enrollment.faces.conftest import tiles

RED, GREY = (200, 30, 30), (128, 128, 128)


def opened(data):
    image = Image.open(io.BytesIO(data))
    assert image.format == "JPEG"
    return image


def plain(width, height):
    return Image.new("RGB", (width, height), RED)


def share_of(image, colour):
    """The share of pixels that are nearly of this colour."""
    return float((np.abs(np.asarray(image, int) - colour).max(axis=2) < 40).mean())


class TestOneFace:
    def test_half_a_face_is_left_round_it(self):
        crop = opened(face_jpeg(plain(1000, 1000), Box(400, 400, 100, 120), [], SEARCH))
        assert crop.size == (200, 240)

    def test_head_and_shoulders_to_enrol(self):
        crop = opened(face_jpeg(plain(1000, 1000), Box(400, 400, 100, 120), [], ENROLMENT))
        assert crop.size == (300, 360)

    @pytest.mark.parametrize("box", [Box(-10, -10, 60, 60), Box(960, 970, 60, 60), Box(980, 500, 40, 40)])
    def test_at_the_picture_s_edge_there_is_less(self, box):
        crop = opened(face_jpeg(plain(1000, 1000), box, [], SEARCH))
        assert min(crop.size) >= MIN_SIDE
        assert share_of(crop, RED) == 1

    def test_a_small_face_is_enlarged(self):
        crop = opened(face_jpeg(plain(500, 500), Box(200, 200, 20, 24), [], SEARCH))
        assert crop.size == (128, 154)  # 64 px of face

    def test_a_large_face_is_made_smaller(self):
        crop = opened(face_jpeg(plain(4000, 4000), Box(1000, 1000, 1600, 2000), [], SEARCH))
        assert crop.size == (640, 800)

    @pytest.mark.parametrize("box", [Box(0, 0, 1, 1), Box(0, 0, 1, 90), Box(500, 500, 10, 10), Box(300, 300, 0, 0)])
    def test_never_below_the_smallest_side(self, box):
        assert min(opened(face_jpeg(plain(400, 400), box, [], SEARCH)).size) >= MIN_SIDE

    def test_neighbours_are_painted_over(self):
        face, neighbour = Box(100, 100, 100, 100), Box(210, 60, 120, 120)
        alone = opened(face_jpeg(plain(500, 500), face, [], SEARCH))
        painted = opened(face_jpeg(plain(500, 500), face, [neighbour], SEARCH))
        assert share_of(alone, GREY) == 0
        assert share_of(painted, GREY) == pytest.approx(40 * 120 / 200**2, abs=0.02)

    def test_never_the_face_itself(self):
        face = Box(100, 100, 100, 100)
        crop = opened(face_jpeg(plain(500, 500), face, [Box(50, 50, 200, 200)], SEARCH))
        assert share_of(crop.crop((50, 50, 150, 150)), RED) > 0.95

    def test_the_largest_face_of_a_crop_is_the_one_that_is_meant(self, model):
        """A small face beside one much larger, which reaches into its crop."""
        picture = Image.new("RGB", (520, 420), GREY)
        picture.paste(enlarged(2, 1, 3.2), (200, 30))
        picture.paste(enlarged(1, 1, 1.2), (70, 130))
        small, large = sorted(model.detect(picture), key=lambda face: face.box.width)
        wide = replace(SEARCH, margin=2.0)
        seen = model.detect(opened(face_jpeg(picture, small.box, [], wide)))
        assert max(face.box.width for face in seen) > 1.4 * small.box.width
        [only] = model.detect(opened(face_jpeg(picture, small.box, [large.box], wide)))
        assert only.box.width == pytest.approx(small.box.width, rel=0.2)

    def test_every_crop_of_a_class_holds_its_one_face(self, model):
        picture = tiles(range(1, 31))
        faces = model.detect(picture)
        assert len(faces) == 30
        for face in faces:
            others = [other.box for other in faces if other is not face]
            assert len(model.detect(opened(face_jpeg(picture, face.box, others, SEARCH)))) == 1


class TestTheWholePicture:
    def test_as_it_is(self):
        assert opened(whole_jpeg(orl_photo(1, 1))).size == (396, 456)

    def test_a_very_large_one_is_made_smaller(self):
        assert opened(whole_jpeg(plain(6000, 3000))).size == (MAX_SIDE, MAX_SIDE // 2)

    def test_a_tiny_one_is_enlarged(self):
        assert min(opened(whole_jpeg(plain(30, 60))).size) == MIN_SIDE

    def test_a_strip(self):
        assert min(opened(whole_jpeg(plain(40, 5000))).size) == MIN_SIDE

    def test_noise_is_made_smaller_until_it_fits(self):
        noise = Image.fromarray(np.random.default_rng(1).integers(0, 255, (3000, 4000, 3), np.uint8))
        data = whole_jpeg(noise)
        assert len(data) <= MAX_BYTES
        assert max(opened(data).size) < 4000
