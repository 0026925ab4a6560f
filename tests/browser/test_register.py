"""The teacher's path: a class photo becomes a register, doubts are decided, marks corrected, the register closed."""

import pytest
from playwright.sync_api import expect

from attendance.demo.pictures import class_photo, door_photo
from tests.browser.conftest import close_register, open_register


@pytest.fixture
def page(open_page, school):
    page = open_page(width=360, height=740)
    open_register(page, school)
    return page


def upload(page, *pictures):
    files = [
        {"name": f"IMG_{n}.jpg", "mimeType": "image/jpeg", "buffer": picture} for n, picture in enumerate(pictures)
    ]
    page.set_input_files("input[type=file][multiple]", files)


def row(page, name):
    return page.locator(".row-p", has=page.locator(".name", has_text=name))


def pressed(page, name):
    return row(page, name).locator("button[aria-pressed=true]")


def test_a_class_photo_becomes_a_register_which_is_corrected_and_closed(page):
    upload(page, class_photo())
    expect(page.locator(".here-col .row-p")).to_have_count(30, timeout=30_000)
    expect(page.locator("h2", has_text="Person not recognized")).to_contain_text("2")
    expect(row(page, "Ben Ashworth").locator("svg.tile image")).to_have_count(1)
    expect(row(page, "Ben Ashworth").locator("img.tile")).to_have_count(1)
    expect(page.locator("#announce")).to_contain_text("30 of 32 here")

    row(page, "Ben Ashworth").locator(".one").click()
    row(page, "Ben Ashworth").get_by_role("button", name="absent", exact=True).click()
    expect(page.locator("#toast")).to_contain_text("Ben Ashworth: absent")
    expect(page.locator(".here-col .row-p")).to_have_count(29)
    page.locator("#toast form button").click()
    expect(page.locator(".here-col .row-p")).to_have_count(30)
    expect(pressed(page, "Ben Ashworth")).to_have_text("P")

    upload(page, door_photo())
    doubt = page.locator(".doubt")
    expect(doubt).to_have_count(1, timeout=30_000)
    expect(doubt).to_contain_text("Is this Carlo Neri?")
    doubt.get_by_role("button", name="Yes, Carlo Neri").click()
    expect(page.locator(".doubt")).to_have_count(0)
    expect(row(page, "Carlo Neri")).to_contain_text("confirmed by Ms Okafor")

    page.locator("[data-closing]").click()
    sheet = page.locator("#closing")
    expect(sheet.locator("h3", has_text="No consent for face recognition")).to_be_visible()
    expect(sheet).to_contain_text("Marks 1 student absent.")
    sheet.locator(".row-p", has_text="Denise Wolf").get_by_role("button", name="excused").click()
    expect(sheet.locator("h3", has_text="Excused")).to_be_visible()
    expect(sheet).not_to_contain_text("Marks 1 student absent.")
    page.keyboard.press("Escape")
    expect(page.locator("[data-closing]")).to_be_focused()
    close_register(page)
    expect(page.locator(".dock")).to_contain_text("Closed")
    expect(row(page, "Denise Wolf").locator(".pill")).to_contain_text("excused")
    page.locator("#toast").get_by_role("button", name="Undo").click()
    expect(page.locator("[data-closing]")).to_be_visible()
    expect(pressed(page, "Denise Wolf")).to_have_text("E")
    page.locator("#toast [data-dismiss]").click()
    expect(page.locator("#toast")).to_be_empty()


def test_a_stranger_may_be_named_and_the_naming_undone(page):
    if not page.locator(".photo svg").count():
        upload(page, class_photo())
    expect(page.locator("h2", has_text="Person not recognized")).to_be_visible(timeout=30_000)
    unknown = page.locator("#unknown .row-p").first
    before = page.locator(".here-col .row-p").count()
    unknown.get_by_role("link", name="Name…").click()
    dialog = page.locator("#why")
    dialog.get_by_label("Name or roll number", exact=True).fill("r-1032")
    expect(dialog.locator(".cand:visible")).to_have_count(1)
    dialog.locator(".cand", has_text="Denise Wolf").click()
    expect(dialog).to_be_hidden()
    expect(page.locator(".here-col .row-p")).to_have_count(before + 1)
    page.locator("#toast form button").click()
    expect(page.locator(".here-col .row-p")).to_have_count(before)


def test_what_is_not_a_picture_gets_a_sentence(page):
    page.set_input_files(
        "input[type=file][multiple]", {"name": "notes.jpg", "mimeType": "image/jpeg", "buffer": b"Dear diary"}
    )
    expect(page.locator("#toast")).to_contain_text("not a photo")


def test_a_lost_connection_keeps_the_photo_and_sends_it_once(page):
    faces = page.locator(".photo .face")
    page.context.set_offline(True)
    upload(page, door_photo())
    expect(page.locator("#unsent")).to_contain_text("photos 1")
    sent = []
    page.on("request", lambda request: sent.append(request.url) if "/captures/" in request.url else None)
    page.context.set_offline(False)
    expect(page.locator("#unsent")).to_be_empty(timeout=30_000)
    expect(faces).to_have_count(8, timeout=30_000)
    assert len([url for url in sent if url.endswith("/captures/")]) == 1


def test_marking_by_keyboard_alone(page):
    page.set_viewport_size({"width": 1280, "height": 900})
    button = row(page, "Denise Wolf").get_by_role("button", name="present", exact=True)
    button.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(pressed(page, "Denise Wolf")).to_have_text("L")
    expect(pressed(page, "Denise Wolf")).to_be_focused()


def test_nothing_is_wider_than_the_phone(page):
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
