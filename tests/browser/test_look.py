"""One look for everybody: without motion, in the system's own colours, twice as large, and on paper."""

import pytest
from playwright.sync_api import expect

from attendance.demo.pictures import class_photo
from tests.browser.conftest import open_register, sign_in
from tests.browser.test_register import row, upload

TEACHER, OFFICE, STUDENT = "teacher@riverside.example", "admin@riverside.example", "student@riverside.example"
MOVES = """() => [...document.querySelectorAll("*")].filter((one) => {
  const { animationName, transitionDuration } = getComputedStyle(one);
  return animationName !== "none" || transitionDuration.split(", ").some((each) => each !== "0s");
}).map((one) => one.outerHTML.slice(0, 80))"""
PAINTED = "one => getComputedStyle(one).backgroundImage"
GROUND = "one => getComputedStyle(one).backgroundColor"
PAGES = {
    TEACHER: ("today", "courses", "reports", "calendar"),
    OFFICE: ("office", "people", "manage", "costs", "calibration", "setup"),
    STUDENT: ("me",),
}


@pytest.fixture(scope="module")
def taken(browser, school):
    """The register with the class photo; its address and the session's cookies."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    open_register(page, school)
    upload(page, class_photo())
    expect(page.locator(".here-col .row-p")).to_have_count(30, timeout=30_000)
    yield page.url, context.storage_state()
    context.close()


def register(open_page, taken, **options):
    page = open_page(storage_state=taken[1], **options)
    page.goto(taken[0])
    page.wait_for_selector("#register .dock")
    return page


def test_nothing_moves_for_those_who_want_no_motion(open_page, taken, school):
    page = register(open_page, taken, reduced_motion="reduce")
    page.evaluate("document.querySelector('.photo').classList.add('fresh')")
    page.evaluate(
        "document.querySelector('#photo').append(document.getElementById('text-sending').content.cloneNode(true))"
    )
    assert page.evaluate(MOVES) == []
    page.goto(f"{school}/riverside/today/")
    assert page.evaluate(MOVES) == []


def test_in_the_systems_colours_a_mark_still_differs_from_the_others(open_page, taken):
    page = register(open_page, taken, forced_colors="active")
    buttons = row(page, "Ben Ashworth").locator(".marks")
    pressed = buttons.locator("[aria-pressed=true]").evaluate(GROUND)
    assert pressed not in buttons.locator("[aria-pressed=false]").evaluate_all(f"all => all.map({GROUND})")
    border = "one => getComputedStyle(one).borderTopStyle"
    assert page.locator(".tile.initials").first.evaluate(border) == "solid"
    small = register(open_page, taken, forced_colors="active", width=360, height=740)
    assert row(small, "Ben Ashworth").locator(".one").evaluate(border) == "solid"


@pytest.mark.parametrize("person", PAGES)
@pytest.mark.parametrize("width", [640, 320], ids=["200-percent", "400-percent"])
def test_twice_and_four_times_as_large_nothing_is_cut_off(open_page, school, person, width):
    """A window of 1280 pixels, enlarged: what has to scroll sideways does so in its own place."""
    page = open_page(width=width, height=450)
    sign_in(page, school, person)
    too_wide = []
    for name in PAGES[person]:
        page.goto(f"{school}/riverside/{name}/")
        if page.evaluate("document.documentElement.scrollWidth") > width:
            too_wide.append(name)
    assert too_wide == []


@pytest.mark.parametrize("width", [640, 320], ids=["200-percent", "400-percent"])
def test_the_office_s_records_enlarged_are_not_cut_off(open_page, school, width):
    page = open_page(width=width, height=450)
    sign_in(page, school, OFFICE)
    for path in ("", "enrollment/student/", "enrollment/student/add/", "attendance/timetableslot/"):
        page.goto(f"{school}/admin/{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


@pytest.mark.parametrize("width", [640, 320], ids=["200-percent", "400-percent"])
def test_the_register_enlarged_is_whole_and_closes(open_page, taken, width):
    page = register(open_page, taken, width=width, height=450)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator("[data-closing]").click()
    sheet = page.locator("#closing")
    expect(sheet.get_by_role("button", name="Close register")).to_be_in_viewport()
    assert sheet.evaluate("one => one.scrollWidth <= one.clientWidth")


def test_on_paper_a_register_is_its_rows(open_page, taken):
    page = register(open_page, taken)
    page.emulate_media(media="print")
    for gone in (".top", ".dock", ".photo-col", ".mark-form >> nth=0", ".reg-menu"):
        expect(page.locator(gone)).to_be_hidden()
    expect(row(page, "Ben Ashworth").locator(".one")).to_have_text("P")
    expect(row(page, "Ben Ashworth").locator(".one")).to_be_visible()
    expect(page.locator("#register h1")).to_be_visible()


def test_on_paper_the_matrix_is_whole(open_page, school):
    page = open_page()
    sign_in(page, school, TEACHER)
    page.goto(f"{school}/riverside/reports/")
    page.locator("main a", has_text="Physics 10B").first.click()
    page.emulate_media(media="print")
    expect(page.locator(".top")).to_be_hidden()
    expect(page.locator(".matrix")).to_be_visible()
    assert page.locator(".matrix-wrap").evaluate("one => getComputedStyle(one).overflowX") == "visible"


def test_a_code_is_not_printed(open_page, taken):
    page = register(open_page, taken)
    page.goto(f"{taken[0]}code/")
    expect(page.locator(".code-digits")).to_be_visible(timeout=15_000)
    page.emulate_media(media="print")
    expect(page.locator(".code-stage")).to_be_hidden()
    expect(page.locator(".code-address")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_list_to_choose_from_has_its_arrow(open_page, school, scheme):
    """An appearance of our own takes the browser's arrow away: a rule that resets the ground would leave none."""
    page = open_page(color_scheme=scheme)
    sign_in(page, school, OFFICE)
    for name in ("trends", "reports", "members", "guardians", "groups", "access-log"):
        page.goto(f"{school}/riverside/{name}/")
        arrows = page.locator("main select").evaluate_all(
            "all => all.map((one) => getComputedStyle(one).backgroundImage)"
        )
        assert all("gradient" in arrow for arrow in arrows), name


def test_on_paper_a_list_of_the_office_is_its_rows(open_page, school):
    page = open_page()
    sign_in(page, school, OFFICE)
    page.goto(f"{school}/admin/enrollment/student/")
    expect(page.locator("#nav-sidebar")).to_be_visible()
    page.emulate_media(media="print")
    for gone in ("#nav-sidebar", "#toolbar", ".action-checkbox >> nth=0"):
        expect(page.locator(gone)).to_be_hidden()
    expect(page.locator(".office-title")).to_be_visible()
    expect(page.get_by_text("Ben Ashworth")).to_be_visible()


def test_in_the_office_nothing_moves_and_the_main_button_is_the_portal_s(open_page, school):
    page = open_page(reduced_motion="reduce", color_scheme="dark")
    sign_in(page, school, OFFICE)
    main = page.locator(".dock .btn-main").first.evaluate(GROUND)
    page.goto(f"{school}/admin/enrollment/student/add/")
    assert page.evaluate(MOVES) == []
    assert page.locator("button[name=_save]").evaluate(GROUND) == main
    for field in page.locator("#student_form input[type=text]:visible").all()[:3]:
        assert field.bounding_box()["height"] >= 44


def test_portal_and_office_write_in_one_font_and_one_green(open_page, school):
    page = open_page()
    sign_in(page, school, OFFICE)
    looks = []
    for path in ("/riverside/office/", "/admin/"):
        page.goto(school + path)
        body = "getComputedStyle(document.body)"
        font = page.evaluate(f"{body}.fontFamily").split(",")[0].strip('"')
        loaded = page.evaluate("async () => { await document.fonts.ready; return document.fonts.check('16px Inter'); }")
        looks.append((font, loaded, page.evaluate("matchMedia('print').matches")))
    assert looks[0] == looks[1]
    assert looks[0][0] == "Inter"
