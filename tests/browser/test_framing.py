"""The help before the camera and the rule of what is sent, in the browser that runs them, without a server."""

import cv2
import numpy as np
import pytest
from PIL import Image, ImageFilter

from attendance.captures.cascade import cascade_source
from tests.browser.faces import data_url, empty_room, in_the_dark, scene
from tests.browser.lab import burst, open_lab

WIDE = (1280, 720)
SEE = """async ([url, without]) => {
  const image = new Image(); image.src = url; await image.decode();
  const video = document.createElement("canvas");
  video.width = video.videoWidth = image.width; video.height = video.videoHeight = image.height;
  video.getContext("2d").drawImage(image, 0, 0);
  const seen = lab.looker(without ? null : lab.find)(video);
  const faces = seen.faces.map(({ x, y, size }) => [x, y, size]);
  return { advice: lab.adviceFor(seen), good: seen.faces.filter(lab.isGoodFace).length, faces };
}"""


@pytest.fixture(scope="module")
def lab(browser):
    page = open_lab(browser)
    yield page
    page.close()


def see(lab, picture, *, without_trees=False):
    return lab.evaluate(SEE, [data_url(picture), without_trees])


def overlap(one, other):
    """Of two squares (x, y, side): what they share, of what they cover together."""
    across, down = (min(one[n] + one[2], other[n] + other[2]) - max(one[n], other[n]) for n in (0, 1))
    shared = max(0, across) * max(0, down)
    return shared / (one[2] ** 2 + other[2] ** 2 - shared)


@pytest.mark.parametrize("share", [0.5, 0.2, 0.1])
def test_it_finds_the_faces_that_opencv_finds_where_they_are(lab, share):
    opencv = cv2.CascadeClassifier(str(cascade_source()))
    for person in range(1, 41, 4):
        picture = scene(person, size=WIDE, share=share)
        small = np.asarray(picture.convert("L").resize((320, 180), Image.Resampling.BILINEAR))
        theirs = opencv.detectMultiScale(small, 1.2, 3, minSize=(20, 20))
        faces = see(lab, picture)["faces"]
        assert len(faces) == 1 >= len(theirs), person  # OpenCV misses one of the smallest
        assert all(overlap(np.array(faces[0]) * 320, box) > 0.5 for box in theirs), person


def test_it_finds_nothing_where_nobody_is(lab):
    noise = np.random.default_rng(1).integers(0, 255, (720, 1280, 3), dtype=np.uint8)
    for picture in (empty_room(WIDE), Image.fromarray(noise)):
        assert see(lab, picture) == {"advice": "nobody", "good": 0, "faces": []}


def dark(picture):
    return picture.point(lambda value: value * 0.25)


def glaring(picture):
    return picture.point(lambda value: 190 + value * 0.25)


def blurred(picture):
    return picture.filter(ImageFilter.GaussianBlur(12))


@pytest.mark.parametrize(
    ("change", "share", "advice"),
    [
        (None, 0.2, "good"),
        (None, 0.068, "closer"),
        (dark, 0.2, "light"),
        (glaring, 0.2, "glare"),
        (blurred, 0.2, "still"),
    ],
)
def test_it_says_what_is_wrong(lab, change, share, advice):
    picture = scene(8, size=WIDE, share=share)
    seen = see(lab, change(picture) if change else picture)
    assert seen["advice"] == advice
    assert seen["good"] == (advice in ("good", "closer"))


def test_a_face_against_the_light_is_told_to_turn(lab):
    picture = Image.new("RGB", WIDE, "#ffffff")
    picture.paste(dark(scene(8, size=(400, 460), share=0.6)), (440, 130))
    assert see(lab, picture)["advice"] == "behind"


def test_without_trees_light_alone_is_judged(lab):
    assert see(lab, scene(8, size=WIDE, share=0.2), without_trees=True)["advice"] == "looking"
    assert see(lab, dark(empty_room(WIDE)), without_trees=True)["advice"] == "light"


# -- In the dark: several frames as one --------------------------------------------------------------------------------


def greys(picture):
    return np.asarray(picture.convert("L"), np.float32)


def likeness(picture, clean):
    return np.corrcoef(greys(picture).ravel(), greys(clean).ravel())[0, 1]


def test_several_frames_of_the_dark_show_more_than_one_and_are_brighter(lab):
    clean = scene(5)
    frames = [in_the_dark(clean, seed) for seed in range(12)]
    alone, _ = burst(lab, frames, most=1)
    together, shown = burst(lab, frames)
    assert shown == 9
    assert likeness(together, clean) > likeness(alone, clean) + 0.02
    low, high = np.percentile(greys(together), (1, 99))
    assert 100 < high - low < 160  # a single frame's range is some 40


def test_who_moves_in_the_dark_is_waited_for(lab):
    still, moved = scene(5), Image.fromarray(np.roll(np.asarray(scene(5)), 60, axis=1))
    frames = [in_the_dark(still, seed) for seed in range(2)] + [in_the_dark(moved, seed) for seed in range(2, 9)]
    assert burst(lab, frames) == (None, 3)
    late = [in_the_dark(still, seed) for seed in range(5)] + [in_the_dark(moved, seed) for seed in range(5, 9)]
    together, shown = burst(lab, late)
    assert shown == 6
    assert likeness(together, still) > likeness(together, moved)


def test_a_picture_that_has_light_is_left_as_it_is(lab):
    bright = scene(5)
    together, _ = burst(lab, [bright] * 9)
    assert np.abs(greys(together) - greys(bright)).mean() < 3


def test_who_comes_into_a_dark_room_is_a_change(lab):
    assert play(lab, [*each(0, 4000, room=8), *each(4000, 8000, room=10)]) == [0, 4000]


# -- What is sent: looks made by hand, on a clock of their own ---------------------------------------------------------

PLAY = """([looks, answers]) => {
  const rule = lab.sendingRule(), sent = [];
  const patch = (seed) => lab.normalised(Float32Array.from({ length: 256 }, (_, i) => Math.sin(seed * (i + 1) ** 1.3)));
  looks.forEach(({ at, who, size = .2, x = .4, room = 100, motion = 0 }) => {
    const faces = who ? [{ x, y: .2, size, light: 120, sharpness: .4, patch: patch(who) }] : [];
    const look = { faces, scene: new Float32Array(64).fill(room), motion, light: room, canFindFaces: true };
    if (!rule.isWorth(look, at)) return;
    sent.push(at);
    rule.sent(look, at);
    rule.answered(look, faces.map((face) => ({ ...face, isKnown: answers.includes(who) })), at);
  });
  return sent;
}"""


def play(lab, looks, *, known=()):
    return lab.evaluate(PLAY, [looks, list(known)])


def each(first, last, step=200, **look):
    return [{"at": at, **look} for at in range(first, last, step)]


def test_a_known_face_is_sent_once_while_it_stays(lab):
    assert play(lab, each(0, 11_000, who=1), known=[1]) == [0]


def test_now_and_then_even_a_known_face_is_asked_again(lab):
    assert play(lab, each(0, 26_000, who=1), known=[1]) == [0, 12_000, 24_000]


def test_an_unknown_face_is_tried_again_less_and_less(lab):
    assert play(lab, each(0, 24_000, step=100, who=1)) == [0, 1500, 4500, 10_500, 22_500]


def test_another_face_in_the_same_place_is_sent_at_once(lab):
    assert play(lab, each(0, 1000, who=1) + each(1000, 2000, who=2), known=[1, 2]) == [0, 1000]


def test_somebody_who_went_and_came_back_is_sent_again(lab):
    looks = each(0, 1000, who=1) + each(1000, 3000) + each(3000, 4000, who=1)
    assert play(lab, looks, known=[1]) == [0, 3000]


def test_a_face_that_moves_slowly_stays_the_same(lab):
    looks = [{"at": n * 200, "who": 1, "x": 0.2 + 0.01 * n} for n in range(40)]
    assert play(lab, looks, known=[1]) == [0]


def test_a_face_too_small_for_recognition_is_not_sent_again_and_again(lab):
    assert len(play(lab, each(0, 10_000, who=1, size=0.05))) <= 1


def test_an_empty_room_is_sent_once_and_a_changing_one_less_and_less(lab):
    assert play(lab, each(0, 60_000)) == [0]
    changing = [{"at": at, "room": 100 + 20 * (at // 1000 % 2)} for at in range(0, 120_000, 1000)]
    gaps = np.diff(play(lab, changing))
    assert gaps[0] <= 5000
    assert gaps[-1] >= 29_000


def test_nothing_is_sent_while_the_scene_is_moving(lab):
    assert play(lab, each(0, 5000, motion=30)) == []
