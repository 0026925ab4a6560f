"""A closed register's mark tells its story and is corrected there, in a browser."""

from playwright.sync_api import expect

from tests.browser import conftest
from tests.browser.conftest import open_register, sign_in
from tests.browser.test_accessibility import LOOKS, problems


def close_register(page, school):
    """The address of the register of now, closed with everybody absent who was not marked."""
    open_register(page, school)
    conftest.close_register(page)
    expect(page.locator(".dock")).to_contain_text("Closed")
    return page.url


def test_a_mark_is_corrected_where_it_tells_its_story(open_page, school):
    register = close_register(open_page(), school)
    for (width, scheme), status in zip(LOOKS, "EP", strict=True):
        page = open_page(width=width, color_scheme=scheme)
        sign_in(page, school, "teacher@riverside.example")
        page.goto(register)
        assert problems(page) == [], "closed register"
        page.locator(".row-p", has_text="Denise Wolf").get_by_role("link").click()
        expect(page.locator(".story")).to_contain_text("Register closed")
        said = page.locator(".story > li").count()
        page.get_by_label("Correct to").select_option(status)
        page.get_by_label("Reason").fill(f"Music lesson, seen at {width} px")
        page.get_by_label("Reason").press("Enter")
        expect(page.locator(".story > li")).to_have_count(said + 1)
        expect(page.locator(".story > li").last).to_contain_text("Music lesson")
        assert problems(page) == [], "story"
        assert page.evaluate("document.documentElement.scrollWidth") <= width
