"""The connection goes in the middle of a lesson: the register goes on, and everything arrives once and in order."""

import time

import pytest
from playwright.sync_api import expect

from attendance.demo.pictures import door_photo
from attendance.demo.school import PASSWORD
from tests.browser.conftest import close_register, open_register, sign_in
from tests.browser.test_accessibility import problems
from tests.browser.test_register import pressed, row, upload

LONG = 20_000
# The module that the page itself runs: it has one state, by whatever script it is imported.
DEVICE = "import(document.querySelector('script[src*=\"portal/device.\"]').src)"


@pytest.fixture
def page(open_page, school):
    """The register of now, kept by the service worker."""
    page = open_page(width=360, height=740)
    open_register(page, school)
    kept_by_now(page)
    return page


def kept_by_now(page):
    page.evaluate("navigator.serviceWorker.ready")
    comes_true(page, "Boolean(await caches.match(location.pathname))")


def comes_true(page, expression):
    """Waits for something that is awaited: to Playwright's `wait_for_function` any promise is true."""
    end = time.monotonic() + LONG / 1000
    while not page.evaluate(f"async () => {expression}"):
        assert time.monotonic() < end, expression
        page.wait_for_timeout(100)


def press(page, name, status):
    """One tap, or on a phone two where a mark is changed: the row's letter first."""
    if not row(page, name).locator(".marks").is_visible():
        row(page, name).locator(".one").click()
    row(page, name).get_by_role("button", name=status, exact=True).click()


def unsent(page):
    return page.locator("#unsent")


def trail(page, name):
    """Every version of a mark, as the API has it."""
    student = row(page, name).get_attribute("id").removeprefix("row-")
    path = page.evaluate("location.pathname")
    return page.evaluate("async (url) => (await fetch(url)).json()", f"/api{path}marks/{student}/audit/")


def arrived(page, name, *statuses):
    """Waits until these are the last versions of a mark: a page that was just loaded does not show yet what waits."""
    end, said = time.monotonic() + 40, []
    while time.monotonic() < end:
        said = [mark["status"] for mark in trail(page, name)][-len(statuses) :]
        if said == list(statuses):
            return
        page.wait_for_timeout(300)
    raise AssertionError(said)


def test_taps_and_a_photo_outlive_the_page_and_arrive_once_in_order(page):
    page.context.set_offline(True)
    for name, status in (("Denise Wolf", "present"), ("Denise Wolf", "late"), ("Ben Ashworth", "absent")):
        press(page, name, status)
        expect(row(page, name)).to_contain_text("not sent yet")
    upload(page, door_photo())
    expect(unsent(page)).to_contain_text("marks 3, photos 1")
    assert problems(page) == []

    page.reload()
    expect(page.locator("#register h1")).to_be_visible()
    expect(unsent(page)).to_contain_text("marks 3, photos 1")
    expect(pressed(page, "Denise Wolf")).to_have_text("L")
    expect(pressed(page, "Ben Ashworth")).to_have_text("A")

    sent = []
    page.on("request", lambda request: sent.append(request.url) if request.method in ("PUT", "POST") else None)
    page.context.set_offline(False)
    expect(unsent(page)).to_be_empty(timeout=60_000)
    expect(page.locator(".unsent-pill")).to_have_count(0)
    assert [("captures" in url, "marks" in url) for url in sent] == [(False, True)] * 3 + [(True, False)]
    assert [(mark["version"], mark["status"]) for mark in trail(page, "Denise Wolf")] == [(1, "P"), (2, "L")]
    assert [mark["status"] for mark in trail(page, "Ben Ashworth")] == ["A"]
    expect(page.locator(".photo svg")).to_have_count(1, timeout=LONG)
    expect(page.locator(".doubt")).to_have_count(1)


def test_what_the_page_was_made_of_is_kept_with_it(page):
    """The first visit came before the service worker was there: its scripts and what they import did not pass it."""
    made_of = page.evaluate(
        "() => performance.getEntriesByType('resource').map(({ name }) => name).filter((name) => /static/.test(name))"
    )
    assert {"session", "queue", "morph", "page", "text"} <= {url.rpartition("/")[2].split(".")[0] for url in made_of}
    files = "(await (await caches.open('files-1')).keys()).map(({ url }) => url)"
    comes_true(page, f"new Set({made_of}).isSubsetOf(new Set({files}))")


def test_a_conflict_is_shown_with_both_versions(open_page, school, page):
    other = open_page()
    sign_in(other, school, "admin@riverside.example")
    other.goto(page.url)
    page.context.set_offline(True)
    for name in ("Denise Wolf", "Carlo Neri"):
        press(page, name, "absent")
    for name in ("Denise Wolf", "Carlo Neri"):
        press(other, name, "late")
        expect(pressed(other, name)).to_have_text("L")
    page.context.set_offline(False)
    conflicts = page.locator(".conflict")
    expect(conflicts).to_have_count(2, timeout=LONG)
    mine = conflicts.filter(has_text="Denise Wolf")
    expect(mine).to_contain_text("you marked absent")
    expect(mine).to_contain_text("the register says late")
    assert problems(page) == []
    conflicts.filter(has_text="Carlo Neri").get_by_role("button", name="Leave it: late").click()
    expect(conflicts).to_have_count(1)
    mine.get_by_role("button", name="Change to: absent").click()
    expect(conflicts).to_have_count(0, timeout=LONG)
    expect(pressed(other, "Denise Wolf")).to_have_text("A", timeout=LONG)
    expect(pressed(other, "Carlo Neri")).to_have_text("L")
    assert trail(page, "Carlo Neri")[-1]["status"] == "L"


def test_anyone_who_is_signed_out_meanwhile_keeps_it_and_signs_in_again(page, school):
    page.context.set_offline(True)
    press(page, "Denise Wolf", "present")
    expect(unsent(page)).to_contain_text("marks 1")
    page.context.clear_cookies()
    page.context.set_offline(False)
    expect(unsent(page).get_by_role("link", name="Sign in again to send them")).to_be_visible(timeout=LONG)
    sign_in_by_the_link(page)
    arrived(page, "Denise Wolf", "P")


def sign_in_by_the_link(page):
    unsent(page).get_by_role("link", name="Sign in again").click()
    page.fill("#id_login", "teacher@riverside.example")
    page.fill("#id_password", PASSWORD)
    page.click(".form button[type=submit]")
    page.wait_for_selector("#register")


def test_the_page_says_that_one_is_signed_out_and_loses_nothing(page):
    """A tap, a panel that was typed, a photo and an act that cannot be kept."""
    panel = row(page, "Carlo Neri").locator("details.more")
    panel.locator("summary").click()
    panel.locator(".choice", has_text="late").click()
    panel.locator("[name=minutes]").fill("7")
    panel.locator("[name=note]").fill("missed the bus")
    page.context.clear_cookies()
    expect(unsent(page)).to_contain_text("You are signed out.", timeout=LONG)
    assert problems(page) == []
    panel.get_by_role("button", name="Save").click()
    press(page, "Denise Wolf", "present")
    upload(page, door_photo())
    expect(unsent(page)).to_contain_text("not sent yet: marks 2, photos 1")
    page.locator("[data-closing]").click()
    expect(page.locator("#toast")).to_contain_text("Not saved: you are signed out.")
    assert "/sessions/" in page.url
    sign_in_by_the_link(page)
    arrived(page, "Denise Wolf", "P")
    arrived(page, "Carlo Neri", "L")
    last = trail(page, "Carlo Neri")[-1]
    assert (last["minutes_late"], last["note"]) == (7, "missed the bus")
    expect(page.locator(".photo svg")).to_have_count(1, timeout=LONG)
    expect(unsent(page)).to_be_empty(timeout=LONG)


def test_a_tap_and_a_photo_of_a_session_that_ended_a_moment_ago_are_kept(page, school):
    """Before the page has noticed: the answer to the act itself says so. Then the token of a renewed session."""
    page.route("**/live/", lambda route: route.fulfill(status=304))
    page.context.clear_cookies()
    press(page, "Denise Wolf", "absent")
    expect(unsent(page)).to_contain_text("You are signed out.")
    second = page.context.new_page()
    sign_in(second, school, "teacher@riverside.example")
    arrived(page, "Denise Wolf", "A")
    expect(unsent(page)).to_be_empty(timeout=LONG)
    page.context.clear_cookies()
    sign_in(second, school, "teacher@riverside.example")
    upload(page, door_photo())
    page.unroute("**/live/")
    expect(page.locator(".photo svg")).to_have_count(1, timeout=LONG)
    expect(unsent(page)).to_be_empty(timeout=LONG)


def test_what_the_server_fails_at_is_set_aside_and_the_rest_goes_on(page):
    student = row(page, "Denise Wolf").get_attribute("id").removeprefix("row-")
    broken = {"status": 500, "json": {"code": "server_error", "detail": "That did not work. Try again later."}}
    page.context.route(f"**/marks/{student}/", lambda route: route.fulfill(**broken))
    pressed_before = row(page, "Denise Wolf").locator("[aria-pressed=true]").all_inner_texts()
    for name, status in (("Denise Wolf", "present"), ("Denise Wolf", "excused"), ("Ben Ashworth", "absent")):
        press(page, name, status)
    arrived(page, "Ben Ashworth", "A")
    aside = page.locator(".conflict", has_text="Denise Wolf")
    expect(aside).to_contain_text("failed at this several times", timeout=60_000)
    expect(aside).to_contain_text("That did not work.")
    expect(row(page, "Denise Wolf").locator("[aria-pressed=true]")).to_have_text(pressed_before)
    expect(unsent(page)).not_to_contain_text("Offline")
    assert problems(page) == []
    page.context.unroute(f"**/marks/{student}/")
    aside.get_by_role("button", name="Try again").click()
    arrived(page, "Denise Wolf", "E")
    expect(unsent(page)).to_be_empty(timeout=LONG)


def test_a_fault_of_the_server_is_not_called_a_lost_connection(page):
    page.route("**/live/", lambda route: route.fulfill(status=500, body="<h1>Something went wrong</h1>"))
    expect(unsent(page)).to_contain_text("The server reported an error", timeout=LONG)
    expect(unsent(page)).not_to_contain_text("Offline")
    page.route("**/close/", lambda route: route.fulfill(status=502, body="Bad gateway"))
    page.locator("[data-closing]").click()
    expect(page.locator("#toast")).to_contain_text("the server reported an error")
    page.unroute("**/live/")
    expect(unsent(page)).to_be_empty(timeout=LONG)


def test_signing_out_asks_and_leaves_nothing(page):
    page.context.set_offline(True)
    press(page, "Denise Wolf", "absent")
    expect(unsent(page)).to_contain_text("marks 1")
    # The connection is back, the server is not asked: what waits has not been sent yet.
    page.route("**/health/", lambda route: route.abort())
    page.context.set_offline(False)
    asked = []
    page.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    page.locator(".reg-menu summary").click()
    page.locator(".reg-menu").get_by_role("button", name="Sign out").click()
    page.wait_for_timeout(300)
    assert "has not been sent yet" in asked[0]
    assert "sessions" in page.url, "who says no stays"
    page.once("dialog", lambda dialog: dialog.accept())
    page.locator(".reg-menu").get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/account/login/**")
    assert page.evaluate("caches.keys()") == ["files-1"]


def test_signing_out_of_the_office_leaves_nothing_either(page, open_page, school):
    register = page.url
    admin = open_page()
    sign_in(admin, school, "admin@riverside.example")
    admin.goto(register)
    kept_by_now(admin)
    admin.goto(f"{school}/admin/")
    comes_true(admin, "caches.has('private-1')")
    admin.locator("#logout-form button").evaluate("(button) => button.click()")
    admin.wait_for_url("**/account/login/**")
    assert admin.evaluate("caches.keys()") == ["files-1"]
    assert admin.evaluate("localStorage.getItem('person')") == ""
    admin.context.set_offline(True)
    admin.goto(register)
    expect(admin.locator("h1")).to_have_text("No connection")


def test_another_person_finds_nothing_of_the_first(page, school):
    kept = page.url
    page.goto("about:blank")  # the page that was left would follow to the sign-in page in the middle of typing
    page.context.clear_cookies()  # a session that ended: nobody signed out
    sign_in(page, school, "student@riverside.example")
    comes_true(page, "!(await caches.has('private-1'))")
    page.context.set_offline(True)
    page.goto(kept)
    expect(page.locator("h1")).to_have_text("No connection")
    expect(page.locator("#kept li")).to_have_count(0)


def test_another_page_says_so_and_leads_to_what_is_kept(page, school):
    title = page.locator("h1").inner_text()
    page.context.set_offline(True)
    page.goto(f"{school}/riverside/courses/")
    expect(page.locator("h1")).to_have_text("No connection")
    assert problems(page) == []
    page.locator("#kept a", has_text=title).click()
    expect(page.locator("#register h1")).to_have_text(title)


def test_a_browser_that_names_other_languages_by_now_finds_what_is_kept(page, school):
    """An answer names `Accept-Language`; yet its person chose a language, and is not asked again."""
    kept, title = page.url, page.locator("h1").inner_text()
    page.set_extra_http_headers({"Accept-Language": "fr-CH, ar;q=0.5"})
    page.context.set_offline(True)
    page.reload()
    expect(page.locator("#register h1")).to_have_text(title)
    page.goto(f"{school}/riverside/courses/")
    expect(page.locator("h1")).to_have_text("No connection")
    page.locator("#kept a", has_text=title).click()
    expect(page.locator("#register h1")).to_have_text(title)
    assert page.url == kept


def test_a_register_that_was_closed_meanwhile_refuses_and_says_so(open_page, school, page):
    """And takes it once it is open again, as it is at the end."""
    other = open_page()
    sign_in(other, school, "admin@riverside.example")
    other.goto(page.url)
    page.context.set_offline(True)
    press(page, "Denise Wolf", "late")
    close_register(other)
    expect(other.locator(".dock")).to_contain_text("Closed")
    page.context.set_offline(False)
    refused = page.locator(".conflict", has_text="Denise Wolf")
    expect(refused).to_contain_text("not accepted", timeout=LONG)
    other.get_by_role("button", name="Reopen").click()
    refused.get_by_role("button", name="Try again").click()
    arrived(page, "Denise Wolf", "L")
    expect(unsent(page)).to_be_empty(timeout=LONG)


def test_a_device_without_room_says_that_nothing_was_kept(page):
    full = "throw new DOMException('full', 'QuotaExceededError')"
    page.evaluate(f"() => {{ IDBObjectStore.prototype.add = () => {{ {full}; }}; }}")
    page.context.set_offline(True)
    press(page, "Denise Wolf", "absent")
    expect(page.locator("#toast")).to_contain_text("Not saved")
    upload(page, door_photo())
    expect(page.locator("#toast")).to_contain_text("no room to keep the photo")
    page.context.set_offline(False)
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".photo svg")).to_have_count(1, timeout=LONG)


def test_two_tabs_and_an_answer_that_was_lost_send_each_mark_once(page):
    """The server has the mark, the page does not know it: reloaded in the middle, in a second tab as well."""
    second = page.context.new_page()
    second.goto(page.url)
    page.context.set_offline(True)
    press(page, "Ben Ashworth", "late")
    press(page, "Ben Ashworth", "present")
    expect(unsent(second)).to_contain_text("marks 2")
    lost = []

    def lose(route):
        if lost or route.request.method != "PUT":
            return route.continue_()
        route.fetch()
        lost.append(route.request.url)
        return route.abort()

    page.context.route("**/marks/**", lose)
    page.context.set_offline(False)
    second.reload()
    page.reload()
    arrived(page, "Ben Ashworth", "L", "P")
    expect(unsent(page)).to_be_empty(timeout=LONG)
    expect(unsent(second)).to_be_empty(timeout=LONG)
    assert len(lost) == 1
    assert page.locator(".conflict").count() == 0


def test_signing_in_again_in_another_tab_renews_the_token(page, school):
    page.context.set_offline(True)
    press(page, "Denise Wolf", "present")
    expect(unsent(page)).to_contain_text("marks 1")
    page.context.clear_cookies()
    second = page.context.new_page()
    page.route("**/health/", lambda route: route.abort())
    page.context.set_offline(False)
    sign_in(second, school, "teacher@riverside.example")
    page.unroute("**/health/")
    arrived(page, "Denise Wolf", "P")
    expect(unsent(page)).to_be_empty(timeout=LONG)


def test_a_page_left_open_keeps_nothing_for_anyone_who_comes_next(page, school):
    second = page.context.new_page()
    second.goto(page.url)
    second.locator(".reg-menu summary").click()
    second.get_by_role("button", name="Sign out").click()
    second.wait_for_url("**/account/login/**")
    sign_in(second, school, "admin@riverside.example")
    page.context.set_offline(True)
    press(page, "Denise Wolf", "absent")
    expect(page.locator("#toast")).to_contain_text("Not saved")
    page.wait_for_timeout(2000)  # longer than a changed page waits to be kept
    assert page.evaluate(f"async () => (await (await {DEVICE}).all()).length") == 0
    assert not page.evaluate("async (url) => Boolean(await caches.match(url))", page.url)


def test_what_waited_for_a_week_is_deleted_and_that_is_said(page):
    page.context.set_offline(True)
    press(page, "Denise Wolf", "absent")
    expect(unsent(page)).to_contain_text("marks 1")
    page.evaluate(
        f"""async () => {{
            const device = await {DEVICE};
            for (const item of await device.all()) await device.put({{ ...item, at: item.at - 8 * 86400000 }});
        }}"""
    )
    page.reload()
    expect(unsent(page)).to_contain_text("Kept here for a week without being sent, and now deleted: 1.")
    assert page.evaluate(f"async () => (await (await {DEVICE}).all()).length") == 0
