"""On a phone the question about those who came late is a sheet over the register; put off, it stays on the page."""

import shutil
import sqlite3

import pytest
from playwright.sync_api import expect

from attendance.demo.pictures import class_photo
from tests.browser.conftest import environment, open_register, serving
from tests.browser.test_accessibility import problems
from tests.browser.test_register import pressed, upload

EARLIER = "UPDATE attendance_classsession SET starts_at = datetime(starts_at, '-21 minutes') WHERE state = 'open'"
IS_SHEET = "one => one.matches(':popover-open')"


@pytest.fixture(scope="module")
def late_school(seeded, tmp_path_factory):
    """The address of a server over a copy of the demo, and that copy's folder."""
    folder = tmp_path_factory.mktemp("late") / "data"
    shutil.copytree(seeded, folder)
    with serving(environment(folder)) as address:
        yield address, folder


def begun_earlier(folder):
    """The open registers' lessons began 21 minutes earlier."""
    database = sqlite3.connect(folder / "portal.sqlite3", timeout=30)
    with database:
        database.execute(EARLIER)
    database.close()


def test_the_sheet_is_put_off_asked_in_its_place_and_answered(open_page, late_school):
    address, folder = late_school
    page = open_page(width=360, height=740)
    open_register(page, address)
    begun_earlier(folder)
    upload(page, class_photo())
    ask = page.locator("#late")
    expect(ask).to_be_visible(timeout=30_000)
    expect(page.locator("#late-title")).to_be_focused()
    assert ask.evaluate(IS_SHEET)
    assert ask.bounding_box()["y"] + ask.bounding_box()["height"] == 740
    expect(ask.locator(".heads .tile")).to_have_count(12)
    expect(ask.locator(".heads")).to_contain_text("+19")
    present, late = (ask.get_by_role("button", name=name).bounding_box() for name in ("Present", "Late"))
    assert (present["width"], present["height"]) == (late["width"], late["height"]), "two equal answers"
    assert problems(page) == []

    ask.get_by_role("button", name="Choose one by one").click()
    expect(ask).to_be_visible()
    assert not ask.evaluate(IS_SHEET)
    page.reload()
    assert ask.evaluate(IS_SHEET), "it was not answered"
    page.keyboard.press("Escape")
    assert not ask.evaluate(IS_SHEET)
    page.set_viewport_size({"width": 320, "height": 740})
    assert ask.evaluate("one => one.querySelector('.heads').scrollWidth <= one.clientWidth")

    page.reload()
    page.route("**/late/", lambda route: route.abort())
    ask.get_by_role("button", name="Present").click()
    expect(page.locator("#toast .error")).to_be_visible()
    assert not ask.evaluate(IS_SHEET), "what is said lies where the sheet lay"
    page.unroute("**/late/")
    ask.get_by_role("button", name="Present").click()
    expect(ask).to_have_count(0)
    expect(page.locator("#main")).to_be_focused()
    expect(pressed(page, "Ben Ashworth")).to_have_text("P")
