"""The webcam marks people as they appear: a fake camera shows real faces."""

import pytest
from playwright.sync_api import expect

from attendance.demo.pictures import STRANGERS
from tests.browser.conftest import CHROMIUM, LAUNCH, open_register, watch
from tests.browser.faces import scene, write_camera


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
