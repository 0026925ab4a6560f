"""The tablet at a door: paired with the office's code, it marks real faces before a camera that is not there."""

import re

from playwright.sync_api import expect

from attendance.demo.pictures import STRANGERS
from tests.browser.conftest import open_register, sign_in
from tests.browser.faces import scene
from tests.browser.test_accessibility import problems

ROOM = "12"  # of the demo's lesson of now


def elsewhere(page):
    """A page of another person's browser."""
    return page.context.browser.new_context().new_page()


def new_code(office, school, room, *, attended):
    """Adds a tablet for this room as the office; the code that it is told."""
    sign_in(office, school, "admin@riverside.example")
    office.goto(f"{school}/admin/attendance/kiosk/add/")
    office.fill("#id_name", "Front door")
    office.fill("#id_room", room)
    office.locator("#id_is_attended").set_checked(attended)
    office.locator("[name=_save]").first.click()
    told = office.get_by_text("Pairing code of Front door").first
    expect(told).to_be_visible()
    return re.search(r"\d{4} \d{4}", told.inner_text())[0]


def revoke(office, school):
    office.goto(f"{school}/admin/attendance/kiosk/")
    token = office.locator("[name=csrfmiddlewaretoken]").first.input_value()
    front = office.locator("tr", has_text="Front door")  # the demo has a tablet of its own
    chosen = front.locator("[name=_selected_action]").first.get_attribute("value")
    form = {"csrfmiddlewaretoken": token, "action": "revoke", "_selected_action": chosen}
    answer = office.request.post(f"{school}/admin/attendance/kiosk/", form=form, headers={"Referer": office.url})
    assert answer.ok


def test_a_tablet_at_the_door(camera_page, school):
    page = camera_page([scene(person) for person in (5, 12, STRANGERS[0])])
    teacher, office = elsewhere(page), elsewhere(page)
    code = new_code(office, school, ROOM, attended=True)
    page.goto(f"{school}/riverside/kiosk/")
    assert problems(page) == [], "pairing"
    page.get_by_label("Pairing code").fill(code)
    page.get_by_role("button", name="Pair this tablet").click()
    expect(page.locator("#door-detail")).to_contain_text("opens the register")
    expect(page.locator("video")).to_be_hidden()
    assert problems(page) == [], "waiting"

    open_register(teacher, school)
    expect(page.locator("video")).to_be_visible(timeout=20_000)
    expect(page.locator("#cam-here")).to_contain_text("2 of", timeout=60_000)
    expect(page.locator("#cam-name")).to_contain_text("Person not recognized", timeout=60_000)
    assert problems(page) == [], "marking"
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    teacher.reload()
    expect(teacher.locator(".here-col")).to_contain_text("Door tablet")

    page.context.set_offline(True)
    expect(page.locator("#door-detail")).to_contain_text("No connection", timeout=20_000)
    page.context.set_offline(False)
    expect(page.locator("#door-detail")).to_be_empty(timeout=20_000)

    revoke(office, school)
    expect(page.get_by_label("Pairing code")).to_be_visible(timeout=20_000)
