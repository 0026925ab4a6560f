"""From a picture to its faces: places, order, quality, large and dark and crowded pictures."""

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageFilter

from attendance.demo.orl import orl_photo
from attendance.evaluation.degradations import DEGRADATIONS, Face
from enrollment.faces.local import analysis
from enrollment.faces.local.analysis import LANDMARKS, aligned, analyse, find, reading_order, similarity
from enrollment.faces.local.light import PLAIN, Tone, lit
from enrollment.faces.local.small import SMALL_FACE, refine_landmarks
from tests.enrollment.faces.conftest import pixels, tiles


def only(image, networks):
    (face,) = analyse(image, networks)
    return face


def umeyama(source, target):
    """Umeyama 1991, by the singular value decomposition, which holds in any number of dimensions."""
    source_mean, target_mean = source.mean(0), target.mean(0)
    centred = source - source_mean
    u, s, vt = np.linalg.svd((target - target_mean).T @ centred / len(source))
    sign = np.array([1.0, np.sign(np.linalg.det(u @ vt))])
    rotation = u @ np.diag(sign) @ vt
    scale = (s * sign).sum() / (centred**2).sum(1).mean()
    return np.hstack([scale * rotation, (target_mean - scale * rotation @ source_mean)[:, None]])


def test_the_least_squares_similarity():
    random = np.random.default_rng(3)
    for spread in (0.0, 5.0, 200.0):
        source = LANDMARKS * 2.5 + 300 + spread * random.standard_normal((5, 2))
        assert np.allclose(similarity(source.astype(np.float32), LANDMARKS), umeyama(source, LANDMARKS), atol=1e-3)


def test_the_middle_of_a_point_cloud_of_one_point():
    matrix = similarity(np.full((5, 2), 7.0), LANDMARKS)
    assert np.allclose(matrix @ [7, 7, 1], LANDMARKS.mean(0))


def test_a_face_is_where_it_is(networks):
    face = only(orl_photo(1, 1), networks)
    right_eye, left_eye, nose, *mouth = face.landmarks
    box = face.box
    assert box.left < right_eye[0] < nose[0] < left_eye[0] < box.left + box.width
    assert box.top < right_eye[1] < nose[1] < min(y for _, y in mouth) < box.top + box.height
    assert face.vector.dtype == np.float32
    assert np.isclose(np.linalg.norm(face.vector), 1, atol=1e-5)
    assert face.quality.face_px == box.width


def test_left_to_right_by_rows(networks):
    faces = analyse(tiles(range(1, 31)), networks)
    assert len(faces) == 30
    tops = [face.box.top for face in faces]
    for row in range(5):
        lefts = [face.box.left for face in faces[row * 6 : row * 6 + 6]]
        assert lefts == sorted(lefts)
        assert row == 0 or min(tops[row * 6 : row * 6 + 6]) > max(tops[row * 6 - 6 : row * 6])


def test_reading_order_of_a_slanting_row():
    rows = np.zeros((4, 15), np.float32)
    rows[:, :4] = [(200, 30, 80, 80), (0, 0, 80, 80), (100, 15, 80, 80), (50, 200, 80, 80)]
    assert reading_order(rows) == [1, 2, 0, 3]
    assert reading_order(rows[:0]) == []


def test_more_than_a_hundred_faces(networks):
    people = [1 + i % 40 for i in range(120)]
    assert len(analyse(tiles(people, factor=1.2, columns=12), networks)) == 120


@pytest.mark.parametrize("side", [2600, 4000])
@pytest.mark.thorough
def test_a_large_picture_gives_the_same_faces_in_its_own_pixels(networks, side):
    small = tiles(range(1, 31))
    scale = side / max(small.size)
    large = small.resize((round(small.width * scale), round(small.height * scale)), Image.Resampling.BICUBIC)
    before, after = analyse(small, networks), analyse(large, networks)
    assert len(before) == len(after) == 30
    for one, other in zip(before, after, strict=True):
        assert np.abs(other.landmarks - one.landmarks * scale).max() < 0.12 * other.box.width
        assert other.box.width == pytest.approx(one.box.width * scale, rel=0.3)
        assert float(one.vector @ other.vector) > 0.8  # the same eyes are put elsewhere by a pixel or two


@pytest.mark.parametrize("side", [900, 1800, 3000, 4200])
def test_a_face_that_fills_a_large_picture_is_found(networks, side):
    photo = orl_photo(3, 1)
    large = photo.resize((side, round(side * photo.height / photo.width)), Image.Resampling.BICUBIC)
    face = only(large, networks)
    assert face.quality.face_px > side / 3
    assert float(face.vector @ only(photo, networks).vector) > 0.85


def test_quality_falls_with_what_spoils_a_picture(networks):
    photo = orl_photo(2, 1)
    good = only(photo, networks).quality
    assert only(photo.filter(ImageFilter.GaussianBlur(6)), networks).quality.sharpness < good.sharpness / 2
    assert only(ImageEnhance.Brightness(photo).enhance(0.5), networks).quality.brightness < good.brightness * 0.6
    assert only(ImageEnhance.Contrast(photo).enhance(0.5), networks).quality.contrast < good.contrast * 0.6
    assert 0.6 <= good.confidence <= 1


def test_a_dark_flat_noisy_picture_is_stretched(networks):
    bright = pixels(tiles(range(1, 13))).astype(float)
    dark = bright / 8 + np.random.default_rng(0).normal(0, 3, bright.shape)
    faces = analyse(Image.fromarray(np.clip(dark, 0, 255).astype(np.uint8)), networks)
    assert len(faces) == 12
    for seen, clean in zip(faces, analyse(tiles(range(1, 13)), networks), strict=True):
        assert float(seen.vector @ clean.vector) > 0.5
    assert max(face.quality.brightness for face in faces) < 40  # quality is of the picture as it was taken


def test_dark_faces_before_a_bright_background_are_put_right_by_themselves(networks):
    gains = []
    for person in range(1, 41, 6):
        photo = orl_photo(person, 1).resize((198, 228), Image.Resampling.LANCZOS)
        clean = only(photo, networks)
        picture = DEGRADATIONS["window"](photo, Face(clean.landmarks, clean.box.width), 1)
        assert Tone.of(pixels(picture)).plain  # nothing to be seen of it in the picture as a whole
        face = only(picture, networks)
        [unlit] = networks.embed(aligned(pixels(picture), face.landmarks)[None])
        gains.append(float((face.vector - unlit) @ clean.vector))
    assert np.mean(gains) > 0


def test_a_face_in_ordinary_light_is_described_as_it_is(networks):
    for person in range(1, 41, 8):
        photo = orl_photo(person, 2)
        for face in analyse(photo, networks):
            crop = aligned(pixels(photo), face.landmarks)
            assert lit(crop, Tone.of(pixels(photo))) is crop


def test_small_faces_get_finer_landmarks_and_stay_in_their_places(networks):
    """The demo's tiles so small that a face has some 30 px, at the picture's edge too."""
    picture = tiles(range(1, 31), factor=0.5).crop((36, 36, 330, 400))
    tone = Tone.of(pixels(picture))
    before = find(pixels(picture), tone, networks)
    after = refine_landmarks(before, pixels(picture), tone, networks)
    small = before[:, 2] < SMALL_FACE
    assert small.sum() >= 20
    moved = np.abs(after - before).max(1)
    assert (moved[small] > 0).mean() > 0.9
    assert moved.max() < 8
    assert (after[:, :4] == before[:, :4]).all()
    assert (after[:, 14] == before[:, 14]).all()


def test_large_faces_keep_their_landmarks(networks):
    before = find(pixels(tiles([1, 2])), PLAIN, networks)
    assert (refine_landmarks(before, pixels(tiles([1, 2])), PLAIN, networks) == before).all()


def test_a_box_beyond_the_picture_is_no_reason_to_fail(networks):
    row = np.zeros((1, 15), np.float32)
    row[0, :4] = (500, -80, 20, 20)
    assert refine_landmarks(row, np.zeros((90, 90, 3), np.uint8), PLAIN, networks).shape == (1, 15)
    assert refine_landmarks(row[:0], np.zeros((90, 90, 3), np.uint8), PLAIN, networks).shape == (0, 15)


def test_an_ordinary_picture_is_left_as_it_is():
    assert Tone.of(pixels(orl_photo(1, 1))).plain
    flat = pixels(ImageEnhance.Contrast(orl_photo(1, 1)).enhance(0.2))
    tone = Tone.of(flat)
    assert not tone.plain
    assert np.ptp(tone.corrected(flat)) > np.ptp(flat)


def test_a_picture_of_one_colour_has_no_faces(networks):
    for size in ((1, 1), (640, 480), (3000, 5)):
        assert analyse(Image.new("RGB", size, (90, 90, 90)), networks) == []
    assert analyse(Image.new("L", (300, 300)), networks) == []


def test_a_large_face_is_averaged_not_sampled(networks):
    """One grey pixel in two, by noise, is lost by averaging and kept by sampling."""
    photo = orl_photo(4, 1)
    large = pixels(photo.resize((photo.width * 4, photo.height * 4), Image.Resampling.BICUBIC)).astype(float)
    noisy = np.clip(large + np.random.default_rng(0).normal(0, 40, large.shape), 0, 255).astype(np.uint8)
    landmarks = only(photo, networks).landmarks * 4
    clean, averaged = aligned(large.astype(np.uint8), landmarks), aligned(noisy, landmarks)
    assert np.abs(clean.astype(float) - averaged).mean() < 10


def test_the_crop_does_not_depend_on_the_picture_s_size():
    """The same place, whether or not the face is first made smaller: within a tenth of a pixel of the crop."""
    y, x = np.mgrid[0:1200, 0:1200]
    ramp = np.stack([x / 1200 * 255, y / 1200 * 255, x * 0], axis=2).astype(np.uint8)
    landmarks = analysis.LANDMARKS * 6 + 200
    crop = aligned(ramp, landmarks)
    expected = (np.arange(112) * 6 + 200) / 1200 * 255
    assert np.abs(crop[56, :, 0] - expected).max() < 2.5
    assert np.abs(crop[:, 56, 1] - expected).max() < 2.5
