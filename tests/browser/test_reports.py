"""A teacher reads a course's attendance by keyboard, corrects a mark from its cell, and opens a student's page."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import sign_in
from tests.browser.test_accessibility import LOOKS, problems


def open_attendance(page, school):
    sign_in(page, school, "teacher@riverside.example")
    page.goto(f"{school}/riverside/courses/")
    page.get_by_role("link", name=re.compile("Physics")).click()
    page.get_by_label("Course", exact=True).get_by_role("link", name="Attendance").click()
    page.wait_for_load_state("load")


def focused(page):
    return page.evaluate("document.activeElement.getAttribute('aria-label')")


def test_a_mark_is_corrected_from_its_cell_by_keyboard(open_page, school):
    page = open_page()
    open_attendance(page, school)
    assert problems(page) == [], "matrix"
    row = page.locator("#matrix tbody tr", has_text="Denise Wolf")
    page.locator("#matrix td[tabindex='0']").focus()
    page.keyboard.press("Home")
    before = focused(page)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    assert before.startswith("Ade Bello, ")
    assert focused(page).startswith("Arjun Nair, ")
    row.locator("td").first.click()
    expect(page.locator("#cell")).to_contain_text("Denise Wolf", timeout=20_000)
    assert problems(page) == [], "sheet"
    page.keyboard.press("Escape")
    expect(page.locator("#cell")).to_be_hidden()
    assert focused(page).endswith(": present")
    page.keyboard.press("Enter")
    expect(page.locator("#cell")).to_be_visible(timeout=20_000)
    page.get_by_label("Correct to").select_option("L")
    page.get_by_label("Reason").fill("Came at 09:20")
    page.get_by_label("Reason").press("Enter")
    expect(page.locator("#cell")).to_be_hidden(timeout=20_000)
    expect(row.locator("td").first).to_have_text("L", timeout=20_000)
    page.wait_for_function("document.activeElement.getAttribute('aria-label')?.endsWith(': late')")


def test_only_those_below_the_threshold_and_by_name(open_page, school):
    page = open_page()
    open_attendance(page, school)
    everybody = page.locator("#matrix tbody tr:visible").count()
    page.get_by_label("Find a student").fill("denise")
    expect(page.locator("#matrix tbody tr:visible")).to_have_count(1)
    page.get_by_label(re.compile("Only below")).check()
    page.wait_for_url(re.compile("low=1"))
    assert 0 < page.locator("#matrix tbody tr:visible").count() < everybody


def test_on_a_phone_each_student_has_a_strip_and_a_page(open_page, school):
    for width, scheme in LOOKS:
        page = open_page(width=width, color_scheme=scheme)
        open_attendance(page, school)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        if width < 700:
            page.locator(".strips .st", has_text="Mateo").click()
        else:
            page.locator("#matrix .who a", has_text="Mateo").click()
        expect(page.get_by_role("heading", name=re.compile("Mateo"))).to_be_visible()
        expect(page.get_by_text("Missed lessons by weekday and hour")).to_be_visible()
        assert problems(page) == [], "student"
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_form_group_s_cell_opens_the_day_and_corrects_it_by_keyboard(open_page, school):
    page = open_page()
    sign_in(page, school, "admin@riverside.example")
    page.goto(f"{school}/riverside/reports/")
    page.get_by_role("link", name="10B").first.click()
    row = page.locator("#matrix tbody tr", has_text="Mateo")
    cell = row.locator("td", has=page.locator("i.A")).last
    expect(cell).to_be_visible()
    absent = row.locator("i.A").count()
    cell.click()
    sheet = page.locator("#cell")
    expect(sheet).to_contain_text("Mateo", timeout=20_000)
    assert problems(page) == [], "day"
    expect(sheet.get_by_role("link", name="Correct").first).to_be_focused()
    sheet.get_by_role("listitem").filter(has_text="A absent").get_by_role("link", name="Correct").press("Enter")
    page.get_by_label("Correct to").select_option("E")
    page.get_by_label("Reason").fill("A note came")
    page.get_by_label("Reason").press("Enter")
    expect(sheet).to_be_hidden(timeout=20_000)
    expect(row.locator("i.A")).to_have_count(absent - 1, timeout=20_000)


def test_on_a_phone_the_menu_opens_from_the_school_s_name_and_pages_within_lead_back(open_page, school):
    page = open_page(width=360)
    sign_in(page, school, "teacher@riverside.example")
    page.goto(f"{school}/riverside/today/")
    assert page.locator("header.top").bounding_box()["height"] <= 50
    menu = page.get_by_role("button", name="Main menu")
    menu.press("Enter")
    page.get_by_role("link", name="Reports").click()
    page.get_by_role("link", name=re.compile("Physics")).click()
    page.wait_for_url(re.compile("/attendance/"))
    page.get_by_role("link", name="Back to").click()
    page.wait_for_url(re.compile("/courses/$"))
    menu.click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Reports")).to_be_hidden()
