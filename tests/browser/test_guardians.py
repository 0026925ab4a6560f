"""A guardian's path in a browser: their child's attendance on a phone, until an order keeps them from it."""

from playwright.sync_api import expect

from tests.browser.conftest import sign_in

GONE = "There is no such page"


def test_a_guardian_reads_and_an_order_ends_it_at_once(open_page, school):
    guardian = open_page(width=360, height=740)
    sign_in(guardian, school, "guardian@riverside.example")
    expect(guardian.get_by_role("heading", name="Ade Bello")).to_be_visible()
    expect(guardian.locator(".figure")).to_contain_text("%")
    assert guardian.evaluate("document.documentElement.scrollWidth") <= 360
    guardian.get_by_role("link", name="Why?").first.click()
    expect(guardian.get_by_role("heading", name="Why this mark?")).to_be_visible()
    expect(guardian.locator("main svg image")).to_have_count(0)  # the photo of the class is not a guardian's to see
    guardian.goto(f"{school}/riverside/children/")

    office = open_page()
    sign_in(office, school, "admin@riverside.example")
    office.goto(f"{school}/riverside/guardians/")
    office.get_by_role("link", name="Mrs Bello").click()
    office.get_by_text("Record a no-contact order").click()
    office.get_by_label("Reason").fill("Family court, 2 May")
    office.get_by_role("button", name="Record order").click()
    expect(office.get_by_text("In force")).to_be_visible()

    guardian.reload()
    expect(guardian.get_by_role("heading", name=GONE)).to_be_visible()


def test_a_principal_sees_numbers_and_nobody(open_page, school):
    page = open_page()
    sign_in(page, school, "principal@riverside.example")
    expect(page.get_by_role("heading", name="Today")).to_be_visible()
    expect(page.get_by_text("registers taken")).to_be_visible()
    assert page.goto(f"{school}/riverside/courses/").status == 403
