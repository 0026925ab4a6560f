"""Two pages and the projector show the same register, without taking anything from under anybody's hands."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import open_register, sign_in
from tests.browser.test_accessibility import LOOKS, problems
from tests.browser.test_register import pressed, row

SOON = 5000  # ms; bench/live.py measures how soon it really is


@pytest.fixture
def pages(open_page, school):
    """The teacher's page, and the administrator's of the same register."""
    mine, theirs = open_page(), open_page()
    open_register(mine, school)
    sign_in(theirs, school, "admin@riverside.example")
    theirs.goto(mine.url)
    expect(mine.locator("#others")).to_contain_text("has this register open too", timeout=10_000)
    return mine, theirs


def press(page, name, status):
    row(page, name).get_by_role("button", name=status, exact=True).click()


def test_each_sees_the_others_mark(pages):
    mine, theirs = pages
    press(mine, "Denise Wolf", "present")
    expect(pressed(theirs, "Denise Wolf")).to_have_text("P", timeout=SOON)
    press(theirs, "Denise Wolf", "absent")
    expect(pressed(mine, "Denise Wolf")).to_have_text("A", timeout=SOON)
    expect(mine.locator("#announce")).to_contain_text("here")


def test_nothing_is_taken_from_under_ones_hands(pages):
    mine, theirs = pages
    mine.locator("#find").fill("wol")
    mine.locator("#find").focus()
    somebody = theirs.locator("#register .row-p:has(.marks button[value=P]:not([aria-pressed=true]))").first
    name = somebody.locator(".name").inner_text()
    press(theirs, name, "present")
    expect(pressed(mine, name)).to_have_text("P", timeout=SOON)
    expect(mine.locator("#find")).to_be_focused()
    expect(mine.locator("#find")).to_have_value("wol")
    mine.locator("#find").fill("")

    panel = row(mine, "Denise Wolf").locator("details.more")
    panel.locator("summary").click()
    note = panel.locator("[name=note]")
    note.fill("half a sent")
    press(theirs, "Denise Wolf", "excused")
    expect(pressed(mine, "Denise Wolf")).to_have_text("E", timeout=SOON)
    expect(note).to_have_value("half a sent")
    expect(note).to_be_focused()


def test_what_one_looks_at_does_not_jump(pages):
    mine, theirs = pages
    mine.set_viewport_size({"width": 360, "height": 600})
    last = mine.locator("#register .row-p[id^=row-]").last
    last.scroll_into_view_if_needed()
    before = last.bounding_box()["y"]
    press(theirs, "Denise Wolf", "present")
    expect(pressed(mine, "Denise Wolf")).to_have_text("P", timeout=SOON)
    assert abs(last.bounding_box()["y"] - before) < 80


def test_a_page_that_nobody_looks_at_asks_nothing(pages):
    mine, _ = pages
    mine.evaluate("Object.defineProperty(document, 'hidden', { get: () => true })")
    mine.wait_for_timeout(1200)
    asked = []
    mine.on("request", lambda request: asked.append(request.url) if "/live/" in request.url else None)
    mine.wait_for_timeout(2500)
    assert asked == []


def test_what_a_page_shows_is_not_sent_to_it_again(open_page, school):
    page, told = open_page(), []
    page.on("response", lambda answer: told.append(answer) if "/live/" in answer.url else None)

    def asked(times):
        """Answers to so many more questions."""
        begun = len(told)
        while len(told) < begun + times:
            page.wait_for_timeout(100)
        return [answer.text() if answer.status == 200 else "" for answer in told[begun:]]

    open_register(page, school)
    assert not any('id="register"' in text for text in asked(2)), "the page brought it"
    press(page, "Denise Wolf", "absent")
    expect(pressed(page, "Denise Wolf")).to_have_text("A")
    assert not any('id="register"' in text for text in asked(2)), "the act's answer brought it"
    assert told[-1].status == 304


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_the_projector_follows_and_is_clean(open_page, school, width, scheme):
    teacher, board = open_page(), open_page(width=width, color_scheme=scheme)
    open_register(teacher, school)
    sign_in(board, school, "admin@riverside.example")
    board.goto(teacher.url + "board/")
    press(teacher, "Denise Wolf", "absent")
    expect(board.locator(".board")).not_to_contain_text("Denise")
    press(teacher, "Denise Wolf", "present")
    expect(board.locator(".board")).to_contain_text("Denise", timeout=SOON)
    expect(board.locator(".board")).not_to_contain_text("Wolf")
    assert problems(board) == []
    assert board.evaluate("document.documentElement.scrollWidth") <= width
    board.get_by_role("link", name="Hide names").click()
    expect(board.locator(".board")).not_to_contain_text("Denise")
    expect(board.locator(".board-count")).to_contain_text(re.compile(r"\d+ of 3\d here"))
