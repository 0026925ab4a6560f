"""The day, a lesson that is cancelled, moved and substituted, and the calendar, in a browser and on a phone."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import sign_in
from tests.browser.test_accessibility import LOOKS, problems

TEACHER, OFFICE = "teacher@riverside.example", "admin@riverside.example"
HOLIDAYS = "\r\n".join(
    [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//County//Holidays//EN",
        "BEGIN:VEVENT", "UID:far@county", "DTSTAMP:20260101T000000Z",
        "DTSTART;VALUE=DATE:{day}", "SUMMARY:Staff training", "END:VEVENT", "END:VCALENDAR", "",
    ]
)  # fmt: skip


def course_page(page, school, name="Chemistry"):
    page.goto(f"{school}/riverside/courses/")
    page.get_by_role("link", name=re.compile(name)).click()


def coming(page):
    return page.locator("#coming ~ ul").first.locator("li")


def fits(page):
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def small_targets(page):
    """Buttons and links that look like buttons and are lower than 44 px."""
    return page.evaluate(
        "[...document.querySelectorAll('main .btn, main summary, main button, main .quiet-link')]"
        ".filter((e) => e.offsetParent && e.getBoundingClientRect().height < 44).map((e) => e.textContent.trim())"
    )


@pytest.mark.parametrize("width", [360, 1280])
def test_a_lesson_outside_the_timetable_in_two_taps(open_page, school, width):
    page = open_page(width=width, height=740)
    sign_in(page, school, TEACHER)
    page.get_by_text("Start a lesson that is not in the timetable").click()
    page.get_by_role("button", name=re.compile("Mathematics")).click()
    page.wait_for_selector("#register .dock")
    expect(page.get_by_role("heading", name="Mathematics 10C")).to_be_visible()


@pytest.mark.parametrize("width", [360, 1280])
def test_cancelling_undoing_and_moving(open_page, school, width):
    page = open_page(width=width, height=740)
    sign_in(page, school, TEACHER)
    course_page(page, school)
    day = coming(page).last.locator("span").first.inner_text()
    coming(page).last.get_by_role("link", name="Change").click()
    page.get_by_label("Reason").first.fill("Fire drill")
    page.get_by_role("button", name="Cancel this lesson").click()
    row = page.locator("#coming ~ ul li", has_text=day)
    expect(row).to_contain_text("Cancelled")
    expect(row).to_contain_text("Fire drill")
    struck = row.locator(".strike").evaluate("(e) => getComputedStyle(e).textDecorationLine")
    assert struck == "line-through"
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#coming ~ ul li", has_text=day)).not_to_contain_text("Cancelled")
    page.locator("#coming ~ ul li", has_text=day).get_by_role("link", name="Change").click()
    page.get_by_label("Begins").fill("15:00")
    page.get_by_label("Ends").fill("15:45")
    page.get_by_role("button", name="Move this lesson").click()
    expect(page.locator("#coming ~ ul li", has_text=day)).to_contain_text("15:00–15:45 Changed")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#coming ~ ul li", has_text=day)).to_contain_text("14:00–14:50")
    assert fits(page)


def test_by_the_keyboard_alone(open_page, school):
    page = open_page()
    sign_in(page, school, TEACHER)
    course_page(page, school)
    coming(page).last.get_by_role("link", name="Change").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Reason").first.focus()
    page.keyboard.type("Assembly")
    page.keyboard.press("Enter")
    expect(coming(page).last).to_contain_text("Assembly")
    coming(page).last.get_by_role("button", name="Bring back").focus()
    page.keyboard.press("Enter")
    expect(coming(page).last).not_to_contain_text("Assembly")


def test_given_away_it_is_on_the_substitutes_page(open_page, school):
    page = open_page(width=360, height=740)
    sign_in(page, school, TEACHER)
    course_page(page, school)
    coming(page).last.get_by_role("link", name="Change").click()
    page.get_by_label("Substitute").select_option(label="Mr Lindqvist")
    page.get_by_role("button", name="Let them take it").click()
    expect(coming(page).last).to_contain_text("Taken by Mr Lindqvist")
    page.get_by_role("button", name="Take back Mr Lindqvist").click()
    expect(coming(page).last).not_to_contain_text("Taken by")


def test_a_calendar_reads_the_address_until_it_is_switched_off(open_page, school):
    page, calendar = open_page(), open_page()
    sign_in(page, school, TEACHER)
    page.get_by_role("link", name="Add my lessons to my calendar").click()
    page.get_by_role("button", name="Make my address").click()
    address = page.get_by_label("Your address").input_value()
    answer = calendar.request.get(address)
    assert answer.ok
    assert "BEGIN:VEVENT" in answer.text()
    page.get_by_role("button", name="Copy").click()
    page.goto(f"{school}/riverside/calendar/")
    page.get_by_role("button", name="Switch it off").click()
    assert calendar.request.get(address).status == 404


def test_holidays_from_a_file(open_page, school):
    page = open_page(width=360, height=740)
    sign_in(page, school, TEACHER)
    course_page(page, school)
    row = coming(page).filter(has=page.locator("a[href*='/lessons/']")).nth(1)  # one that nobody touched
    when = row.locator("span").first.inner_text()
    [day] = re.findall(r"/lessons/[^/]+/([-0-9]+)/", row.get_by_role("link").get_attribute("href"))
    page.context.clear_cookies()
    sign_in(page, school, OFFICE)
    file = {"name": "h.ics", "mimeType": "text/calendar", "buffer": HOLIDAYS.format(day=day.replace("-", "")).encode()}
    for said in ("New", "Already here"):
        page.goto(f"{school}/riverside/calendar/import/")
        page.get_by_label("Calendar file").set_input_files(file)
        page.get_by_role("button", name="Show what would happen").click()
        expect(page.locator("main")).to_contain_text("Staff training")
        expect(page.locator("main .pill")).to_have_text(said)
        assert problems(page) == [], "preview"
        if said == "New":
            page.get_by_role("button", name="Write 1 change").click()
    course_page(page, school)
    expect(coming(page).filter(has_text=when)).to_contain_text("Staff training")


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_nothing_is_inaccessible(open_page, school, width, scheme):
    page = open_page(width=width, color_scheme=scheme)
    sign_in(page, school, OFFICE)
    course_page(page, school)
    page.get_by_text("Arrange a substitute").click()
    look(page, "course")
    coming(page).last.get_by_role("link", name="Change").click()
    look(page, "lesson")
    page.get_by_role("button", name="Cancel this lesson").click()
    look(page, "course with a cancelled lesson")
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("link", name="Add a lesson").click()
    look(page, "new lesson")
    for path in ("calendar/", "calendar/import/", "today/"):
        page.goto(f"{school}/riverside/{path}")
        look(page, path)
    page.goto(f"{school}/riverside/calendar/")
    page.get_by_role("button", name=re.compile("Make")).click()
    look(page, "address")


def look(page, name):
    assert problems(page) == [], name
    assert fits(page), name
    assert small_targets(page) == [], name
