"""axe-core finds nothing wrong on any page, in light and in dark, on a phone and on a desk."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.conftest import open_register, sign_in

LOOKS = [(1280, "light"), (360, "dark")]


def problems(page):
    found = Axe().run(page).response["violations"]
    return [(rule["id"], [node["target"] for node in rule["nodes"]][:5]) for rule in found]


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_signed_out(open_page, school, width, scheme):
    page = open_page(width=width, color_scheme=scheme)
    for path in ("/account/login/", "/account/password/reset/", "/account/signup/", "/nowhere/"):
        page.goto(school + path)
        assert problems(page) == [], path


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_teacher(open_page, school, width, scheme):
    page = open_page(width=width, color_scheme=scheme)
    open_register(page, school)
    session = page.url
    if page.get_by_role("button", name="Use the demo class photo").count():
        page.get_by_role("button", name="Demo photo with a doubt").click()
        page.wait_for_selector(".doubt", timeout=30_000)
    assert problems(page) == [], "register"
    page.locator("[data-closing]").click()
    expect(page.locator("#closing-title")).to_be_focused()
    assert problems(page) == [], "what closing would do"
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Open photo").click()
    assert problems(page) == [], "capture"
    page.goto(session + "webcam/")
    assert problems(page) == [], "webcam"
    page.get_by_role("link", name="Done").click()
    page.get_by_role("link", name="Today").click()
    assert problems(page) == [], "today"
    if width < 640:
        page.get_by_role("button", name="Main menu").click()
        assert problems(page) == [], "menu"
    page.get_by_role("link", name="Courses").click()
    assert problems(page) == [], "courses"
    page.get_by_role("link", name=re.compile("Physics")).click()
    assert problems(page) == [], "course"


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_student(open_page, school, width, scheme):
    page = open_page(width=width, color_scheme=scheme)
    sign_in(page, school, "student@riverside.example")
    assert problems(page) == [], "my attendance"
    page.goto(school + "/account/password/change/")
    assert problems(page) == [], "change password"


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_administrator(open_page, school, width, scheme):
    page = open_page(width=width, color_scheme=scheme)
    sign_in(page, school, "admin@riverside.example")
    page.locator(".me summary").click()
    page.get_by_role("link", name="Costs").click()
    expect(page.get_by_role("heading", name="Costs", exact=True)).to_be_visible()
    assert problems(page) == [], "costs"
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.goto(school + "/riverside/calibration/")
    page.get_by_text("The same as a table").click()
    assert problems(page) == [], "calibration without a figure; tests/browser/test_calibration.py has one with"
    assert page.evaluate("document.documentElement.scrollWidth") <= width
