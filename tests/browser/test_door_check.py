"""The unattended tablet: a fake camera shows a head that turns as it is asked, or a picture."""

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from attendance.demo.orl import orl_photo
from enrollment.faces.local.engine import LocalModel
from tests.browser.conftest import open_register
from tests.browser.faces import WALL, data_url
from tests.browser.test_accessibility import problems
from tests.browser.test_kiosk import ROOM, elsewhere, new_code
from tests.surfaces import flat, head, photo_surface, seen_as

YAWS = {"front": 0, "left": 38, "right": -38}
# The person at the tablet sees the requested pose and takes it a moment later.
CAMERA = """
const pictures = {}, canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 480 });
for (const [pose, url] of Object.entries(POSES)) { pictures[pose] = new Image(); pictures[pose].src = url; }
const drawn = () => {
  const place = document.getElementById("door-check");
  return pictures[place && !place.hidden && place.dataset.pose in pictures ? place.dataset.pose : "front"];
};
const pen = canvas.getContext("2d");
setInterval(() => { const picture = drawn(); if (picture.complete) pen.drawImage(picture, 0, 0); }, 60);
navigator.mediaDevices.getUserMedia = async () => canvas.captureStream(15);
"""


@pytest.fixture(scope="module")
def model():
    return LocalModel.from_options()


def as_seen(person, surface, model):
    """The camera's picture at each pose, as data addresses."""
    image = orl_photo(person, 1)
    [face] = model.analyse(image)
    photo = photo_surface(np.asarray(image), np.asarray(face.landmarks, np.float64))
    shown = {}
    for pose, yaw in YAWS.items():
        room = Image.new("RGB", (640, 480), WALL)
        room.paste(Image.fromarray(seen_as(photo, surface, yaw=yaw)), (176, 96))
        shown[pose] = data_url(room)
    return shown


def stand_before(page, shown):
    """Puts this person, or picture, before the camera from the next load of the page on."""
    page.add_init_script(CAMERA.replace("POSES", str(shown)))
    page.reload()


def test_a_head_that_turns_is_marked_and_a_picture_of_one_is_put_to_the_teacher(open_page, school, model):
    page = open_page(width=820, height=1180)
    teacher, office = elsewhere(page), elsewhere(page)
    code = new_code(office, school, ROOM, attended=False)
    page.goto(f"{school}/riverside/kiosk/")
    page.get_by_label("Pairing code").fill(code)
    page.get_by_role("button", name="Pair this tablet").click()
    expect(page.locator("#door-detail")).to_contain_text("opens the register")
    open_register(teacher, school)

    stand_before(page, as_seen(12, head(), model))
    expect(page.locator("#door-check")).to_be_visible(timeout=30_000)
    expect(page.locator("#door-check")).to_contain_text("Turn your head to the", timeout=5_000)
    assert problems(page) == [], "turning"
    expect(page.locator("#cam-here")).to_contain_text("1 of", timeout=30_000)
    expect(page.locator("#door-check")).to_be_hidden()
    teacher.reload()
    expect(teacher.locator(".here-col")).to_contain_text("Door tablet")

    stand_before(page, as_seen(3, flat, model))
    expect(page.locator("#cam-name")).to_contain_text("ask your teacher", timeout=90_000)
    teacher.reload()
    expect(teacher.get_by_text("could not tell this face from a photo")).to_be_visible()
    expect(teacher.locator(".here-col")).not_to_contain_text("2 here")
