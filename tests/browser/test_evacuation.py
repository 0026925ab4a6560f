"""The evacuation list on two phones: opened and begun without a network, ticked on both, agreed on once it is back."""

from playwright.sync_api import expect

from tests.browser.conftest import sign_in
from tests.browser.test_accessibility import problems
from tests.browser.test_offline import comes_true

SOON = 20_000  # ms
PATH = "/riverside/evacuation/"
ADE, BEN, CARLO, DENISE = "Ade Bello", "Ben Ashworth", "Carlo Neri", "Denise Wolf"


def box(page, name):
    return page.locator(".e-row", has_text=name).locator("[data-subject]")


def missing(page):
    return page.locator("[data-missing]")


def test_two_phones_tick_people_off_and_one_of_them_has_no_network(open_page, school):
    near, far = open_page(width=360, height=740), open_page(width=360, height=740)
    sign_in(near, school, "teacher@riverside.example")
    near.goto(f"{school}/riverside/today/")  # the list is kept from here, before anybody asks for it
    near.evaluate("navigator.serviceWorker.ready")
    comes_true(near, f"Boolean(await caches.match('{PATH}'))")
    for name in ("evacuation/evacuation[^/]*.js", "evacuation/evacuation[^/]*.css", "portal/nonce[^/]*.js"):
        keys = "(await (await caches.open('files-1')).keys())"
        comes_true(near, f"{keys}.some(({{ url }}) => new RegExp('{name}').test(url))")
    near.context.set_offline(True)
    near.goto(school + PATH)
    expect(near.get_by_role("heading", name="Evacuation list")).to_be_visible()
    number = int(missing(near).inner_text())
    near.get_by_role("button", name="Start drill").click()
    for name in (ADE, BEN):
        box(near, name).check()
    expect(near.locator("#e-note")).to_contain_text("No connection")
    expect(missing(near)).to_have_text(str(number - 2))
    assert near.evaluate("document.documentElement.scrollWidth") <= 360
    near.reload()  # a phone that was put away: what was ticked is still so
    expect(box(near, ADE)).to_be_checked()
    expect(missing(near)).to_have_text(str(number - 2))

    near.context.set_offline(False)
    expect(near.locator("#e-note")).to_be_empty(timeout=SOON)
    sign_in(far, school, "admin@riverside.example")
    far.goto(school + PATH)
    expect(far.get_by_role("heading", name="Drill")).to_be_visible()
    expect(box(far, ADE)).to_be_checked()
    expect(missing(far)).to_have_text(missing(near).inner_text())
    assert problems(far) == []

    box(far, CARLO).check()
    expect(box(near, CARLO)).to_be_checked(timeout=SOON)
    far.context.set_offline(True)
    box(far, DENISE).check()
    box(far, BEN).uncheck()  # the later word counts, although it comes in late
    box(near, ADE).uncheck()
    far.context.set_offline(False)
    for page in (near, far):
        expect(box(page, DENISE)).to_be_checked(timeout=SOON)
        for name in (ADE, BEN):
            expect(box(page, name)).not_to_be_checked(timeout=SOON)
        expect(missing(page)).to_have_text(str(number - 2))

    near.get_by_label("Only missing").check()
    expect(near.locator(".e-row:visible", has_text=DENISE)).to_have_count(0)
    far.reload()
    far.get_by_text("End…").click()
    far.get_by_label("Assembly point").fill("Car park")
    far.get_by_role("button", name="End and keep the report").click()
    expect(far.locator("main")).to_contain_text(f"{number - 2} missing")
    expect(far.locator(".e-missing")).to_contain_text(ADE)
    expect(near.locator("#e-note")).to_contain_text("This evacuation has been ended.", timeout=SOON)
