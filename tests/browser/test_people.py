"""Pages of the student and of the administrator, and the wall between schools, in a browser."""

from playwright.sync_api import expect

from tests.browser.conftest import sign_in


def test_a_student_sees_why_each_mark_is_what_it_is(open_page, school):
    page = open_page(width=360, height=740)
    sign_in(page, school, "student@riverside.example")
    expect(page.get_by_role("heading", name="My attendance")).to_be_visible()
    expect(page.locator(".figure")).to_contain_text("%")
    first = page.locator("section .lesson").count()
    assert first >= 20
    page.get_by_role("link", name="Earlier lessons").click()
    expect(page.locator("section .lesson")).to_have_count(first + 20)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_an_administrator_finds_what_to_do_next(open_page, school):
    page = open_page()
    sign_in(page, school, "admin@riverside.example")
    page.get_by_role("link", name="Manage").first.click()
    page.get_by_role("link", name="What to do next").click()
    expect(page.get_by_text("without consent")).to_be_visible()


def test_the_other_schools_administrator_finds_nothing_here(open_page, school):
    page = open_page()
    sign_in(page, school, "admin@hilltop.example")
    answer = page.goto(f"{school}/riverside/today/")
    assert answer.status == 404
    expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()


def test_the_demo_signs_in_with_one_tap(open_page, school):
    page = open_page(width=360, height=740)
    page.goto(f"{school}/account/login/")
    page.get_by_role("button", name="Sign in as Ms Okafor").click()
    expect(page.get_by_role("button", name="Open register")).to_be_visible()
