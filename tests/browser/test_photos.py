"""Photos of students in a browser: dropped and matched, and taken at the camera station."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import sign_in
from tests.browser.faces import scene
from tests.browser.test_accessibility import problems
from tests.enrollment.orl import as_bytes, face

ADMIN = "admin@riverside.example"
LONG = 60_000  # ms, on a busy machine


def jpeg(name, person):
    return {"name": name, "mimeType": "image/jpeg", "buffer": as_bytes(face(person))}


def new_batch(page, school):
    sign_in(page, school, ADMIN)
    page.goto(f"{school}/riverside/photos/")
    assert problems(page) == []
    page.get_by_role("button", name="Add photos").click()
    page.wait_for_url("**/batches/**")


def test_files_are_sent_matched_and_still_there_after_a_reload(open_page, school):
    page = open_page()
    new_batch(page, school)
    assert problems(page) == []
    files = page.locator("[data-files]:not([webkitdirectory])")
    photos = [jpeg("IMG_1.jpg", 35), jpeg("IMG_2.jpg", 36)]
    files.set_input_files([*photos, {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"hello"}])
    expect(page.get_by_role("heading", name="Whose photo is this?")).to_be_visible(timeout=LONG)
    expect(page.locator("#figures strong")).to_have_text("3")
    assert problems(page) == []
    # The same files again: they are known, and nothing is sent.
    sent = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.locator("[data-files]:not([webkitdirectory])").set_input_files(photos)
    expect(page.locator("[data-sending]")).to_be_hidden(timeout=LONG)  # the page was loaded again
    expect(page.locator("#figures strong")).to_have_text("3")
    assert sent == []


def test_what_cannot_be_sent_is_said_and_sent_again(open_page, school):
    page = open_page(width=360, height=740)
    new_batch(page, school)
    page.route("**/files/", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    page.locator("[data-files]:not([webkitdirectory])").set_input_files([jpeg("IMG_3.jpg", 37)])
    expect(page.locator("[data-failed]")).to_contain_text("IMG_3.jpg: not sent", timeout=LONG)
    page.unroute("**/files/")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", name="Whose photo is this?")).to_be_visible(timeout=LONG)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_station_by_keys_alone(camera_page, school):
    page = camera_page([scene(38, size=(1280, 720), share=0.22)], width=1280, height=900, frames=6, rate=2)
    sign_in(page, school, ADMIN)
    page.goto(f"{school}/riverside/photos/station/")
    assert problems(page) == []
    page.locator("a.lesson").first.click()
    expect(page.locator("#hint")).to_have_text("Good", timeout=LONG)
    assert problems(page) == []
    before = page.locator("#who").inner_text()
    page.keyboard.press("Space")
    expect(page.locator("#verdict")).to_have_text(re.compile(r"\w+.*\.$"), timeout=LONG)
    expect(page.locator("#again")).to_be_visible(timeout=LONG)
    page.keyboard.press("n")
    expect(page.locator("#who")).not_to_have_text(before)
