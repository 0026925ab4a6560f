"""The portal in German, and in Arabic, which is written from right to left."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import open_register, sign_in
from tests.browser.test_accessibility import problems

LONG = 30_000
WIDTHS = (1280, 360)


def with_a_photo(page, school):
    """The register of now with the demo's class photo recognised."""
    open_register(page, school)
    if not page.locator("#photo .face").count():
        page.locator("[data-recognise] button").first.click()
        page.wait_for_selector("#photo .face", timeout=LONG)


def sides(page, selector):
    """Left and right edge of the first element that matches, in pixels."""
    box = page.locator(selector).first.bounding_box()
    return box["x"], box["x"] + box["width"]


def fits(page, width):
    """Nothing is wider than the screen, and no button of the dock is cut off."""
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for box in [each.bounding_box() for each in page.locator(".dock .btn").all()]:
        assert box is None or (box["x"] >= 0 and box["x"] + box["width"] <= width)


def test_the_language_is_chosen_before_signing_in_and_stays(open_page, school):
    page = open_page(width=360, height=740)
    page.goto(f"{school}/account/login/")
    page.get_by_role("group", name="Language").get_by_role("button", name="Deutsch").click()
    expect(page.get_by_role("heading", name="Anmelden", exact=True)).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.get_by_role("button", name="Deutsch")).to_have_attribute("aria-current", "true")
    sign_in(page, school, "admin@hilltop.example")
    expect(page.get_by_role("heading", name="Heute")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "de")


def test_arabic_mirrors_the_page_as_soon_as_it_is_chosen(open_page, school):
    page = open_page(width=360, height=740)
    page.goto(f"{school}/account/login/")
    page.locator("button[lang=ar]").click()
    expect(page.get_by_role("heading", name="تسجيل الدخول", exact=True)).to_be_visible()
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    fits(page, 360)


@pytest.mark.parametrize("width", WIDTHS)
def test_the_register_in_german(open_page, school, width):
    page = open_page(width=width, locale="de-DE")
    with_a_photo(page, school)
    expect(page.locator("#counts")).to_contain_text("30 von 32 da")
    expect(page.get_by_text("Person nicht erkannt").first).to_be_visible()
    assert re.search(
        r"(Mon|Diens|Mitt|Donners|Frei|Sams|Sonn)\w*, \d+\. ", page.locator("#register .when").text_content()
    )
    box = page.locator("#photo .face rect").first  # a number with a comma would be none to SVG
    assert float(box.get_attribute("x")) >= 0
    assert box.bounding_box()["width"] > 10
    fits(page, width)
    assert problems(page) == []


@pytest.mark.parametrize("width", WIDTHS)
def test_right_to_left_mirrors_the_register_and_not_the_photo(open_page, school, width):
    page = open_page(width=width, color_scheme="dark" if width < 500 else "light", locale="ar")
    with_a_photo(page, school)
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    expect(page.locator("#counts")).to_contain_text("من 32 حاضرون")
    expect(page.get_by_text("لم يتم التعرف على الشخص").first).to_be_visible()
    assert page.locator("link[href*='bootstrap.rtl']").count() == 1
    title, menu = (".reg-title", ".reg-menu") if width < 640 else (".top .school", ".top .me")
    assert sides(page, title)[1] > width * 0.8  # the title stands at the right, the menu at the left
    assert sides(page, menu)[0] < width * 0.2
    row = page.locator(".row-p[id^='row-']").first
    assert row.locator(".pair").bounding_box()["x"] > row.locator(".who").bounding_box()["x"]
    assert sides(page, ".dock .btn-main")[1] > width * 0.8
    same_boxes(page)
    fits(page, width)
    assert problems(page) == []


def same_boxes(page):
    """A face's box lies on the photo where it lies in it: from the left, in the photo's own pixels."""
    drawn = page.locator("#photo svg").bounding_box()
    whole = [float(number) for number in page.locator("#photo svg").get_attribute("viewBox").split()]
    scale = min(drawn["width"] / whole[2], drawn["height"] / whole[3])
    left = drawn["x"] + (drawn["width"] - whole[2] * scale) / 2
    for box in page.locator("#photo .face rect").all()[:5]:
        assert abs(box.bounding_box()["x"] - (left + float(box.get_attribute("x")) * scale)) < 4


@pytest.mark.parametrize("width", WIDTHS)
def test_right_to_left_today_and_my_attendance(open_page, school, width):
    page = open_page(width=width, locale="ar")
    sign_in(page, school, "teacher@riverside.example")
    assert sides(page, ".now .course")[1] > width * 0.7
    fits(page, width)
    assert problems(page) == []
    page = open_page(width=width, locale="ar")
    sign_in(page, school, "student@riverside.example")
    first, last = sides(page, ".calendar rect"), page.locator(".calendar rect").last.bounding_box()
    assert first[0] > last["x"]  # the oldest week at the right
    calendar = sides(page, ".calendar")
    for text in page.locator(".calendar text").all():  # weekdays and months are inside the drawing
        box = text.bounding_box()
        assert calendar[0] - 1 <= box["x"]
        assert box["x"] + box["width"] <= calendar[1] + 1
    fits(page, width)
    assert problems(page) == []


def test_right_to_left_for_other_pages(open_page, school):
    page = open_page(width=360, locale="ar")
    page.goto(f"{school}/account/login/")
    assert problems(page) == []
    fits(page, 360)
    sign_in(page, school, "admin@riverside.example")
    for path in ("courses/", "calendar/", "costs/"):
        page.goto(f"{school}/riverside/{path}")
        fits(page, 360)
        assert problems(page) == [], path


def test_the_choice_in_the_menu_follows_the_person(open_page, school):
    """The last of this file: from then on the student reads German."""
    page = open_page()
    sign_in(page, school, "student@riverside.example")
    page.locator(".me summary").press("Enter")
    page.locator(".me").get_by_role("button", name="Deutsch").press("Enter")
    expect(page.get_by_role("heading", name="Meine Anwesenheit")).to_be_visible()
    another = open_page(locale="en-GB")
    sign_in(another, school, "student@riverside.example")
    expect(another.get_by_role("heading", name="Meine Anwesenheit")).to_be_visible()
    another.locator(".me summary").click()
    another.locator(".me").get_by_role("button", name="English").click()
    expect(another.get_by_role("heading", name="My attendance")).to_be_visible()
