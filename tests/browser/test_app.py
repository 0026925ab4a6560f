"""The portal as an app on a phone: installed, photos taken from the start page, photos shared from another app."""

import base64
from contextlib import suppress

from playwright.sync_api import expect

from attendance.demo.pictures import class_photo, door_photo
from tests.browser.conftest import open_register, sign_in
from tests.browser.test_accessibility import problems
from tests.browser.test_offline import comes_true

LONG = 30_000
TEACHER = "teacher@riverside.example"
SHARE = """(jpeg) => {
  const photo = Uint8Array.from(atob(jpeg), (one) => one.charCodeAt(0)), form = document.createElement("form");
  const files = new DataTransfer(), input = document.createElement("input");
  files.items.add(new File([photo], "shared.jpg", { type: "image/jpeg" }));
  Object.assign(input, { type: "file", name: "photos", files: files.files });
  Object.assign(form, { action: "/share.html", method: "post", enctype: "multipart/form-data" });
  form.append(input); document.body.append(form); form.submit();
}"""


def share(page, jpeg):
    """As the phone does it for an app that is installed: a post to its share target."""
    page.evaluate(SHARE, base64.b64encode(jpeg).decode())


def worked_for(page):
    """The service worker answers this page."""
    for _ in range(3):
        with suppress(AssertionError):
            return comes_true(page, "navigator.serviceWorker.controller !== null")
        page.reload()  # its files did not all come: it is installed again
    raise AssertionError("no service worker")


def test_one_tap_on_the_lesson_of_now_opens_its_register_with_the_photo(open_page, school):
    page = open_page(width=360, height=740)
    sign_in(page, school, TEACHER)
    assert problems(page) == []
    with page.expect_file_chooser() as chooser:
        page.locator(".now label", has_text="Take photo").click()
    chooser.value.set_files({"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": class_photo()})
    expect(page.locator(".here-col .row-p")).to_have_count(30, timeout=LONG)
    expect(page.locator(".photo svg")).to_have_count(1)
    expect(page.locator("#photo .sending")).to_have_count(0)
    expect(page.locator("#unsent")).to_be_empty()
    page.goto(f"{school}/riverside/today/")
    expect(page.locator(".now .take")).to_be_visible()  # and once more, into the open register
    page.set_viewport_size({"width": 1280, "height": 900})
    expect(page.locator(".now .take")).to_be_hidden()


def test_a_shared_photo_goes_into_the_register_that_is_tapped(open_page, school):
    page = open_page(width=360, height=740)
    open_register(page, school)
    address = page.url
    worked_for(page)
    before = page.locator(".thumbs a").count()
    share(page, door_photo())
    page.locator("#choose [data-page]").click()
    page.wait_for_url(address)
    expect(page.locator(".thumbs a")).to_have_count(before + 1, timeout=LONG)
    assert page.evaluate("caches.has('shared-1')") is False


def test_of_several_registers_one_is_chosen_and_without_a_photo_it_is_said(open_page, school):
    page = open_page(width=360, height=740)
    sign_in(page, school, TEACHER)
    page.goto(f"{school}/share.html")
    expect(page.locator("#none")).to_have_text("No photo has arrived. Please share it once more.")
    page.goto(f"{school}/riverside/today/")
    page.locator(".adhoc summary").click()
    page.locator("#adhoc-courses button", has_text="Mathematics").click()
    page.wait_for_selector("#register .dock")
    worked_for(page)
    share(page, door_photo())
    page.wait_for_url("**/share.html")
    expect(page.locator("#shared img")).to_have_count(1)
    expect(page.locator("#choose [data-page]")).to_have_count(2)
    assert problems(page) == []
    page.locator("#choose [data-page]", has_text="Mathematics").click()
    expect(page.locator("#register h1")).to_have_text("Mathematics 10C")
    expect(page.locator(".thumbs a")).to_have_count(1, timeout=LONG)


def test_signing_out_forgets_what_was_shared(open_page, school):
    page = open_page(width=360, height=740)
    open_register(page, school)
    worked_for(page)
    page.evaluate("async () => (await caches.open('shared-1')).put('/share.html?photo=0', new Response('photo'))")
    page.evaluate("document.querySelector('.reg-menu form[action*=logout] button').click()")
    page.wait_for_url("**/account/login/**")
    assert page.evaluate("caches.keys()") == ["files-1"]


def test_it_can_be_installed(open_page, school):
    """Chromium's own check of an app finds no fault."""
    page = open_page(width=360, height=740)
    open_register(page, school)
    worked_for(page)
    tools = page.context.new_cdp_session(page)
    faults = tools.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [fault["errorId"] for fault in faults if fault["errorId"] != "in-incognito"] == []
    app = page.evaluate("async () => (await fetch(document.querySelector('link[rel=manifest]').href)).json()")
    for icon in app["icons"]:
        size = page.evaluate(
            "async (url) => { const i = new Image(); i.src = url; await i.decode(); return `${i.width}x${i.height}`; }",
            icon["src"],
        )
        assert icon["sizes"] in ("any", size)
