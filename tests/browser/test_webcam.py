"""The webcam marks people as they appear: a fake camera shows real faces."""

from playwright.sync_api import expect

from attendance.demo.pictures import STRANGERS
from tests.browser.conftest import open_register
from tests.browser.faces import in_the_dark, in_video_range, scene
from tests.browser.test_accessibility import problems


def open_webcam(page, school):
    """On a phone the webcam is in the menu: its own camera takes better photos."""
    open_register(page, school)
    page.locator(".reg-menu summary").click()
    page.get_by_role("link", name="Use webcam").click()


def test_people_are_marked_as_they_appear_and_strangers_are_told_so(camera_page, school):
    page = camera_page([scene(person) for person in (5, 12, STRANGERS[0])])
    open_webcam(page, school)
    expect(page.locator("#cam-here")).to_have_text("2", timeout=60_000)
    expect(page.locator("#cam-name")).to_contain_text("Person not recognized", timeout=60_000)
    page.get_by_role("link", name="Done").click()
    expect(page.locator(".here-col .row-p")).to_have_count(2)
    expect(page.locator(".here-col")).to_contain_text("Webcam")
    expect(page.locator("h2", has_text="Person not recognized")).to_have_count(0)


def test_a_forbidden_camera_is_explained(camera_page, school):
    page = camera_page([scene(5)], allowed=False)
    open_webcam(page, school)
    page.locator("#cam-why button").click()
    expect(page.locator("#cam-hint")).to_contain_text("not allowed", timeout=20_000)


def test_before_the_browser_asks_the_page_says_what_for(camera_page, school):
    page = camera_page([scene(5)], allowed=False)
    open_webcam(page, school)
    why = page.locator("#cam-why")
    expect(why).to_be_visible()
    expect(why).to_contain_text("Your browser will now ask to use the camera")
    assert problems(page) == []
    assert page.evaluate("document.querySelector('#cam video').srcObject") is None, "nothing was asked yet"
    page.context.grant_permissions(["camera"])
    why.get_by_role("button", name="Continue").click()
    expect(why).to_be_hidden()
    expect(page.locator("#cam-hint")).not_to_have_text("Starting the camera…", timeout=20_000)


def test_anyone_who_stays_before_the_camera_is_sent_once_and_told_once(camera_page, school):
    page = camera_page([scene(9)], frames=40)
    frames = []
    page.on("request", lambda request: frames.append(request.url) if request.url.endswith("/frames/") else None)
    open_webcam(page, school)
    expect(page.locator("#cam")).to_be_visible()  # the picture has the room between what stands above and below it
    expect(page.locator("#cam-name")).not_to_be_empty(timeout=60_000)
    frames.clear()
    expect(page.locator("#cam-name")).to_be_empty(timeout=20_000)
    page.wait_for_timeout(3000)
    assert len(frames) <= 1  # while it looked at the same face some twenty times
    expect(page.locator("#cam-name")).to_be_empty()


def test_in_the_dark_several_frames_become_one_that_names_who_stands_there(camera_page, school):
    # Two whom no other test of this file has marked: the register is the same for all of them.
    frames = [in_video_range(in_the_dark(scene(person), seed)) for person in (6, 20) for seed in range(60)]
    page = camera_page(frames, frames=1)
    told = []
    page.expose_function("told", lambda words: told.append(words))
    open_webcam(page, school)
    before = int(page.locator("#cam-here").inner_text())
    page.evaluate("""() => {
      const hint = document.getElementById("cam-hint"), tell = () => told(hint.textContent);
      new MutationObserver(tell).observe(hint, { childList: true, characterData: true, subtree: true });
      tell(); // it may be said already
    }""")
    expect(page.locator("#cam-here")).to_have_text(str(before + 2), timeout=60_000)
    assert "It is dark: hold still…" in told


def test_the_sound_is_muted_by_a_button_that_remembers(camera_page, school):
    page = camera_page([scene(5)])
    open_webcam(page, school)
    mute = page.get_by_role("button", name="Mute")
    expect(mute).to_have_attribute("aria-pressed", "false")
    mute.click()
    page.reload()
    expect(mute).to_have_attribute("aria-pressed", "true")
    page.emulate_media(reduced_motion="reduce")
    page.evaluate("localStorage.clear()")
    page.reload()
    expect(mute).to_have_attribute("aria-pressed", "true")
