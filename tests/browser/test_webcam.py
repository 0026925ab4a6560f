"""The webcam marks people as they appear: a fake camera shows real faces."""

import numpy as np
import pytest
from playwright.sync_api import expect

from attendance.demo.orl import orl_photo
from attendance.demo.pictures import STRANGERS
from tests.browser.conftest import CHROMIUM, LAUNCH, open_register, watch

SIZE = (640, 480)


def write_camera(path, pictures):
    """A Y4M film (4:2:0) of the pictures, one a second at ten frames a second, which Chromium plays in a loop."""
    with path.open("wb") as file:
        file.write(b"YUV4MPEG2 W%d H%d F10:1 Ip A1:1 C420jpeg\n" % SIZE)
        for picture in pictures:
            planes = np.asarray(picture.convert("YCbCr"))
            luma = planes[:, :, 0].tobytes()
            chroma = planes[::2, ::2, 1].tobytes() + planes[::2, ::2, 2].tobytes()
            file.write((b"FRAME\n" + luma + chroma) * 20)


def scene(person):
    """A person before the camera, upright in a grey room."""
    from PIL import Image

    room = Image.new("RGB", SIZE, "#8a8a8a")
    face = orl_photo(person, 8)
    room.paste(face, ((SIZE[0] - face.width) // 2, (SIZE[1] - face.height) // 2))
    return room


@pytest.fixture
def camera_page(chromium, tmp_path):
    opened, complaints = [], []

    def open_(people, *, allowed=True):
        film = tmp_path / "camera.y4m"
        write_camera(film, [scene(person) for person in people])
        flags = ["--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={film}"]
        if allowed:
            flags.append("--use-fake-ui-for-media-stream")
        browser = chromium.launch(executable_path=CHROMIUM, args=[*LAUNCH, *flags])
        opened.append(browser)
        page = browser.new_context(viewport={"width": 360, "height": 740}).new_page()
        watch(page, complaints)
        return page

    yield open_
    for browser in opened:
        browser.close()
    assert not complaints


def open_webcam(page, school):
    open_register(page, school)
    page.get_by_role("link", name="Use webcam").click()


def test_people_are_marked_as_they_appear_and_strangers_are_told_so(camera_page, school):
    page = camera_page([5, 12, STRANGERS[0]])
    open_webcam(page, school)
    expect(page.locator("#cam-here")).to_have_text("2", timeout=60_000)
    expect(page.locator("#cam-name")).to_contain_text("Person not recognized", timeout=60_000)
    page.get_by_role("link", name="Done").click()
    expect(page.locator(".here-col .row-p")).to_have_count(2)
    expect(page.locator(".here-col")).to_contain_text("Webcam")
    expect(page.locator("h2", has_text="Person not recognized")).to_have_count(0)


def test_a_forbidden_camera_is_explained(camera_page, school):
    page = camera_page([5], allowed=False)
    open_webcam(page, school)
    expect(page.locator("#cam-hint")).to_contain_text("not allowed", timeout=20_000)
