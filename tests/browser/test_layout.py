"""Distances of the register: what a teacher has in sight on a phone, a tablet and a laptop, without scrolling."""

import pytest
from playwright.sync_api import expect

from attendance.demo.pictures import class_photo, door_photo
from tests.browser.conftest import open_register
from tests.browser.test_register import upload

MEASURE = """() => {
  const box = (selector) => {
    const found = [...document.querySelectorAll(selector)].find((one) => one.getClientRects().length);
    return found ? found.getBoundingClientRect().toJSON() : null;
  };
  const head = document.querySelector(".reg-head"), isOwn = getComputedStyle(head).position === "fixed";
  return {
    header: isOwn ? head.getBoundingClientRect().height : box(".top").height, photo: box(".photo svg"),
    doubt: box(".doubt"), dock: box(".dock"), wide: document.documentElement.scrollWidth,
  };
}"""
BROKEN = """() => {
  const broken = [];
  for (const name of document.querySelectorAll("#register .row-p .name bdi")) {
    const text = name.firstChild;
    for (const word of text.data.matchAll(/[^\\s-]+/g)) {
      const range = document.createRange();
      range.setStart(text, word.index); range.setEnd(text, word.index + word[0].length);
      if (new Set([...range.getClientRects()].map((rect) => Math.round(rect.top))).size > 1) broken.push(word[0]);
    }
  }
  return broken;
}"""
SMALL = """() => [...document.querySelectorAll(
  "#register button, #register .btn, #register .bar-x, #register summary, #register .thumbs a, #register .faces")]
  .filter((one) => one.getClientRects().length && !one.closest(".menu"))
  .map((one) => ({ rect: one.getBoundingClientRect(), what: `${one.className} ${one.getAttribute("aria-label")}` }))
  .filter(({ rect }) => rect.width < 43.5 || rect.height < 43.5).map(({ what }) => what)"""


@pytest.fixture(scope="module")
def taken(browser, school):
    """The register with both demo photos: 30 here, one doubt, strangers; its address and the session's cookies."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    open_register(page, school)
    upload(page, class_photo())
    expect(page.locator(".here-col .row-p")).to_have_count(30, timeout=30_000)
    upload(page, door_photo())
    expect(page.locator(".doubt")).to_have_count(1, timeout=30_000)
    yield page.url, context.storage_state()
    context.close()


def look(open_page, taken, width, height):
    address, cookies = taken
    page = open_page(width=width, height=height, storage_state=cookies)
    page.goto(address)
    page.wait_for_selector(".photo image")
    return page


@pytest.mark.parametrize(
    ("width", "height", "header", "photo"), [(360, 740, 48, 240), (768, 1024, 57, 380), (1280, 900, 57, 165)]
)
def test_the_photo_and_the_first_doubt_are_in_sight(open_page, taken, width, height, header, photo):
    page = look(open_page, taken, width, height)
    found = page.evaluate(MEASURE)
    assert found["header"] <= header
    assert found["photo"]["top"] <= photo
    assert found["doubt"]["bottom"] <= found["dock"]["top"]
    assert found["photo"]["bottom"] <= found["dock"]["top"], "the whole photo is above the fold"
    assert found["wide"] <= width
    assert page.evaluate(BROKEN) == [], "a name is broken inside a word"


def test_on_a_phone_every_target_is_as_large_as_a_finger_and_has_all_statuses(open_page, taken):
    page = look(open_page, taken, 360, 740)
    assert page.evaluate(SMALL) == []
    row = page.locator(".here-col .row-p").first
    expect(row.locator(".marks")).to_be_hidden()
    row.locator(".one").click()
    assert row.locator(".marks button:visible").evaluate_all("all => all.map((one) => one.value)") == list("PLAE")
    badge = "one => getComputedStyle(one, '::before').content"
    assert row.locator(".why-open").evaluate(badge) == "none", "no question mark where nothing is asked"
    assert page.evaluate(SMALL) == []


def test_the_board_fills_the_screen(open_page, taken):
    page = look(open_page, taken, 1280, 720)
    page.goto(page.url + "board/")
    names = page.locator(".board-names").bounding_box()
    assert names["width"] * names["height"] > 0.6 * 1280 * 720
    assert page.evaluate("document.documentElement.scrollHeight") <= 720
