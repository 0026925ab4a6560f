"""The code on the projector and the phones that type it, in a browser."""

import re

import pytest
from playwright.sync_api import expect

from attendance.checkin.rotating import STEP_SECONDS
from tests.browser.conftest import open_register, sign_in
from tests.browser.test_accessibility import LOOKS, problems

STUDENT = "student@riverside.example"
NEXT = 1000 * (2 * STEP_SECONDS + 5)  # until another code stands for sure, in ms


def show_code(page, school):
    open_register(page, school)
    if page.viewport_size["width"] < 600:  # the menu has it there
        page.locator(".reg-menu summary").click()
    page.get_by_role("link", name=re.compile("^Show")).click()
    expect(page.locator(".code-digits")).to_be_visible()


def shown(page):
    return "".join(page.locator(".code-digits span").all_inner_texts())


@pytest.fixture
def projector(open_page, school):
    page = open_page()
    show_code(page, school)
    return page


@pytest.fixture
def phone(open_page, school):
    page = open_page(width=360, height=740)
    sign_in(page, school, STUDENT)
    page.get_by_role("link", name="Check in").click()
    return page


def test_the_code_changes_by_itself(projector):
    first = shown(projector)
    expect(projector.locator(".code-qr svg")).to_be_visible()
    expect(projector.locator(".code-digits")).not_to_have_text(first, timeout=NEXT)
    assert len(shown(projector)) == 6


def test_done_stops_the_code(projector, phone):
    code = shown(projector)
    projector.get_by_role("button", name="Done").click()
    expect(projector.locator("#register .dock")).to_be_visible()
    phone.get_by_label("Code on the screen").fill(code)
    phone.get_by_role("button", name="Check in").click()
    expect(phone.get_by_role("alert")).to_contain_text("None of your lessons shows a code now")


def test_a_lost_connection_hides_the_code_and_it_comes_back(projector):
    projector.context.set_offline(True)
    expect(projector.get_by_role("alert")).to_contain_text("No connection", timeout=NEXT)
    expect(projector.locator(".code-digits")).to_have_count(0)
    projector.context.set_offline(False)
    expect(projector.locator(".code-digits")).to_be_visible(timeout=10_000)
    expect(projector.locator("#code-lost")).to_be_hidden()


def test_a_fault_of_the_server_hides_it_too_and_is_said_to_be_one(projector):
    projector.route("**/code/now/", lambda route: route.fulfill(status=500, body="<h1>Something went wrong</h1>"))
    expect(projector.get_by_role("alert")).to_contain_text("The server reported an error", timeout=NEXT)
    expect(projector.locator(".code-digits")).to_have_count(0)
    projector.unroute("**/code/now/")
    expect(projector.locator(".code-digits")).to_be_visible(timeout=10_000)
    expect(projector.locator("#code-fault")).to_be_hidden()


def test_without_motion_the_ring_stands_still(open_page, school):
    page = open_page(reduced_motion="reduce")
    show_code(page, school)
    assert page.evaluate("document.getAnimations().length") == 0
    expect(page.locator("[data-seconds]")).not_to_be_empty()


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_accessible(open_page, school, width, scheme):
    page = open_page(width=width, color_scheme=scheme)
    show_code(page, school)
    page.get_by_text("What does the code prove?").click()
    assert problems(page) == [], "projector"
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    student = open_page(width=width, color_scheme=scheme)
    sign_in(student, school, STUDENT)
    student.get_by_role("link", name="Check in").click()
    student.get_by_label("Code on the screen").fill("1")
    student.get_by_role("button", name="Check in").click()
    assert problems(student) == [], "check in"
    assert student.evaluate("document.documentElement.scrollWidth") <= width


def test_a_wrong_code_then_the_right_one(projector, phone):
    wrong = "000000" if shown(projector) != "000000" else "000001"
    field = phone.get_by_label("Code on the screen")
    expect(field).to_be_focused()
    field.fill(wrong)
    field.press("Enter")
    expect(phone.get_by_role("alert")).to_contain_text("Type the one on the screen now")
    field.fill(shown(projector))
    phone.get_by_role("button", name="Check in").click()
    expect(phone.locator(".note.success")).to_contain_text("You are marked")
    expect(phone.locator("li.lesson").first).to_contain_text("Code ")
    expect(phone.get_by_text("You’re checked in")).to_be_visible()
    expect(projector.locator(".code-line")).to_contain_text("1 has checked in by code", timeout=NEXT)
    projector.keyboard.press("Escape")
    expect(projector.locator(".here-col")).to_contain_text("Code ")


def test_the_link_of_the_qr_checks_in_by_itself_even_after_signing_in(open_page, school):
    projector = open_page()
    sign_in(projector, school, "teacher@riverside.example")
    projector.get_by_text("Start a lesson that is not in the timetable").click()
    projector.get_by_role("button", name="Chemistry 10A").click()
    projector.get_by_role("link", name=re.compile("^Show")).click()
    expect(projector.locator(".code-digits")).to_be_visible()
    page = open_page(width=360, height=740)
    page.goto(f"{school}/riverside/check-in/?code={shown(projector)}")
    page.fill("#id_login", STUDENT)
    page.fill("#id_password", "demo-attendance")
    page.click(".form button[type=submit]")
    expect(page.locator(".note.success")).to_contain_text("You are marked")
    assert page.url.endswith("/check-in/")
