"""The class photo in several shots: a fake camera shows one half of the class, then the other."""

import re

from playwright.sync_api import expect

from attendance.demo.pictures import STUDENTS
from attendance.demo.school import PASSWORD
from tests.browser.conftest import open_register
from tests.browser.faces import half_class
from tests.browser.test_accessibility import problems

SEEN = re.compile(r"Faces: \d+")
MOST_SHOTS = 6


def test_after_each_shot_the_page_says_who_is_still_missing(camera_page, school):
    halves = [half_class(STUDENTS[:15]), half_class(STUDENTS[15:])]
    page = camera_page(halves, width=1280, height=900, frames=16, rate=2)
    open_register(page, school)
    page.get_by_role("link", name="Use webcam").click()
    page.get_by_role("link", name="Class photo").click()
    expect(page.locator("#cam-hint")).to_contain_text("Faces in view", timeout=20_000)
    missing = page.locator("#missing bdi")
    everybody = missing.count()
    page.get_by_role("button", name="Take photo").click()
    expect(page.locator("#shots li [data-text]").first).to_have_text(SEEN, timeout=30_000)
    first = missing.count()
    assert everybody - 16 <= first < everybody
    for n in range(2, MOST_SHOTS):
        page.wait_for_timeout(4000)  # the film goes on
        page.get_by_role("button", name="Take photo").click()
        expect(page.locator("#shots li [data-text]").nth(n - 1)).to_have_text(SEEN, timeout=30_000)
        if page.locator("#cam-here").inner_text() == "30":
            break
    assert missing.count() == everybody - 30
    assert problems(page) == []
    page.get_by_role("link", name="Done").click()
    expect(page.locator(".here-col .row-p")).to_have_count(30)


def test_a_shot_of_a_session_that_ended_is_sent_after_signing_in(camera_page, school):
    page = camera_page([half_class(STUDENTS[:15])], width=1280, height=900, frames=4, rate=2)
    open_register(page, school)
    page.goto(page.url + "shots/")
    expect(page.locator("#cam-hint")).to_contain_text("Faces in view", timeout=20_000)
    page.context.clear_cookies()
    page.get_by_role("button", name="Take photo").click()
    page.wait_for_url("**/account/login/**", timeout=20_000)
    page.fill("#id_login", "teacher@riverside.example")
    page.fill("#id_password", PASSWORD)
    with page.expect_response(lambda answer: answer.url.endswith("/captures/"), timeout=60_000) as sent:
        page.click(".form button[type=submit]")
    assert sent.value.status == 201
    assert page.url.endswith("/shots/")
    expect(page.locator("#unsent")).to_be_empty(timeout=20_000)
