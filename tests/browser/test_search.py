"""Search from any page, by the keyboard alone."""

from playwright.sync_api import expect

from tests.browser.conftest import sign_in


def test_slash_arrows_and_enter_lead_to_a_student(open_page, school):
    page = open_page()
    sign_in(page, school, "admin@riverside.example")
    page.goto(school + "/riverside/manage/")
    page.keyboard.press("/")
    field = page.get_by_role("combobox", name="Search students")
    expect(field).to_be_focused()
    page.keyboard.type("ADÉ bel")
    option = page.get_by_role("option").first
    expect(option).to_contain_text("Ade Bello")
    expect(field).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    expect(option).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Ade Bello")).to_be_visible()


def test_escape_closes_and_enter_alone_shows_all(open_page, school):
    page = open_page()
    sign_in(page, school, "admin@riverside.example")
    page.goto(school + "/riverside/courses/")
    page.keyboard.press("/")
    page.keyboard.type("che")
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page).to_have_url(school + "/riverside/search/?q=che")
    expect(page.get_by_role("link", name="Chemistry 10A")).to_be_visible()


def test_on_a_phone_a_link_leads_to_its_page(open_page, school):
    page = open_page(width=360)
    sign_in(page, school, "teacher@riverside.example")
    page.get_by_role("link", name="Search").click()
    page.wait_for_url("**/search/")
    page.keyboard.type("ade")  # the field has the focus
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Ade Bello")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
