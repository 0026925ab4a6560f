"""Faces: doubts decided by tap and by keyboard, a wrong mark corrected where it stands, a mark that explains itself."""

import re

import pytest
from playwright.sync_api import expect

from attendance.demo.pictures import class_photo, door_photo
from tests.browser.conftest import open_register, sign_in
from tests.browser.test_accessibility import LOOKS, problems
from tests.browser.test_register import pressed, row, upload


@pytest.fixture(params=[(360, 740), (1280, 900)], ids=["phone", "desk"])
def page(request, open_page, school):
    width, height = request.param
    page = open_page(width=width, height=height)
    open_register(page, school)
    return page


@pytest.fixture
def doubt(page):
    """The door photo's doubt, open again if an earlier test decided it."""
    if not page.locator(".doubt").count() and not page.locator("#decided").count():
        upload(page, door_photo())
        expect(page.locator(".doubt")).to_have_count(1, timeout=30_000)
    while page.locator("#decided").count():
        page.locator("#decided > summary").click()
        n = page.locator("#decided li").count()
        page.locator("#decided button").first.click()
        expect(page.locator("#decided li")).to_have_count(n - 1)
    return page.locator(".doubt")


def why(page, name):
    row(page, name).locator(".why-open").click()
    dialog = page.locator("#why")
    expect(dialog).to_be_visible()
    return dialog


def test_a_doubt_is_large_and_decided_by_one_tap_and_undone_after_a_reload(page, doubt):
    doubt.locator(".faces").click()
    large = page.locator("#why")
    expect(large.locator("#why-title")).to_have_text("Is this Carlo Neri?")
    crop, portrait = large.locator("svg.tile").bounding_box(), large.locator("img.tile").first.bounding_box()
    assert crop["width"] >= 112
    assert portrait["width"] >= 112
    expect(large.locator("figcaption").last).to_contain_text(re.compile("likely|possible"))
    expect(large.locator(".numbers ul")).to_be_hidden()
    large.locator(".numbers summary").click()
    expect(large.locator(".numbers ul")).to_contain_text("marked automatically from")
    assert problems(page) == []
    large.get_by_role("link", name="Not Carlo").click()
    expect(large.locator("#why-title")).to_have_text("Who is this?")
    expect(large.locator(".picker [data-filter]")).to_be_visible()
    assert problems(page) == []
    large.get_by_role("button", name="Not on this register").click()
    expect(large).to_be_hidden()
    expect(doubt).to_have_count(0)
    expect(page.locator("#announce")).to_contain_text("Nobody on this register.")
    page.reload()
    page.locator("#decided > summary").click()
    expect(page.locator("#decided li").first).to_contain_text("Decided by Ms Okafor")
    page.get_by_role("button", name="Undo: nobody on this register").first.click()
    expect(doubt).to_have_count(1)


def test_after_no_the_portraits_ask_who_it_is_then(page, doubt):
    doubt.get_by_role("link", name="No, not Carlo Neri").click()
    asked = page.locator("#why")
    expect(asked.locator("#why-title")).to_be_focused()
    expect(asked.locator("#why-title")).to_have_text("Who is this?")
    expect(asked.locator(".picker h3").first).to_contain_text("Not marked yet")
    expect(asked.locator(".picker .tile").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(doubt).to_have_count(1)  # nothing was said yet
    doubt.get_by_role("link", name="No, not Carlo Neri").click()
    asked.locator(".cand", has_text="Denise Wolf").click()
    expect(asked).to_be_hidden()
    expect(doubt).to_have_count(0)
    expect(row(page, "Denise Wolf")).to_contain_text("confirmed by Ms Okafor")


def test_by_keyboard_the_focus_stays_where_the_doubts_are(page, doubt):
    doubt.get_by_role("button", name="Yes, Carlo Neri").focus()
    page.keyboard.press("Enter")
    expect(doubt).to_have_count(0)
    expect(page.locator("#decided > summary")).to_be_focused()
    expect(page.locator("#announce")).to_contain_text("This is Carlo Neri.")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Undo: this is Carlo Neri")).to_be_focused()
    page.keyboard.press("Enter")
    expect(doubt).to_have_count(1)


def test_a_wrong_mark_is_corrected_where_it_stands_and_the_correction_undone(page, doubt):
    if not row(page, "Ben Ashworth").locator(".why-open").count():
        upload(page, class_photo())
        expect(row(page, "Ben Ashworth").locator(".why-open")).to_have_count(1, timeout=30_000)
    dialog = why(page, "Ben Ashworth")
    expect(dialog.locator("#why-title")).to_be_focused()
    expect(dialog.locator(".face-pair svg image")).to_have_count(1)
    dialog.locator("[data-filter]").fill("dénise")
    expect(dialog.locator(".cand:visible")).to_have_count(1)
    dialog.locator("[data-filter]").press("Enter")
    expect(dialog).to_be_hidden()
    expect(row(page, "Denise Wolf")).to_contain_text("confirmed by Ms Okafor")
    expect(pressed(page, "Ben Ashworth")).to_have_count(0)
    page.locator("#toast form button").click()
    expect(pressed(page, "Ben Ashworth")).to_have_text("P")
    expect(row(page, "Ben Ashworth").locator(".why-open")).to_have_text("Wrong person?")
    expect(pressed(page, "Denise Wolf")).to_have_count(0)


def test_closing_the_dialog_gives_the_focus_back(page, doubt):
    name = page.locator(".here-col .row-p:has(.why-open) .name").first.inner_text()
    why(page, name)
    page.keyboard.press("Escape")
    expect(page.locator("#why")).to_be_hidden()
    expect(row(page, name).locator(".why-open")).to_be_focused()
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


def test_the_page_of_its_own_works_without_the_dialog(page, doubt, school):
    page.goto(school + page.locator(".why-open").first.get_attribute("href"))
    expect(page.locator(".blurred image")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_axe_finds_nothing(open_page, school, width, scheme):
    page = open_page(width=width, color_scheme=scheme)
    open_register(page, school)
    page.locator(".why-open").first.click()
    expect(page.locator("#why")).to_be_visible()
    assert problems(page) == [], "why, as a dialog"
    address = page.locator(".why-open").first.get_attribute("href")
    page.goto(school + address)
    assert problems(page) == [], "why, as a page"
    page.context.clear_cookies()
    sign_in(page, school, "student@riverside.example")
    page.locator(".lesson .why-open").first.click()
    expect(page.locator("h2", has_text="Why this mark?")).to_be_visible()
    assert problems(page) == [], "why, for the student"
    assert page.evaluate("document.documentElement.scrollWidth") <= width
