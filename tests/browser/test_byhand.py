"""By hand, equally quick: search, keys, the rest, a row's panel, guests; without a page load."""

import re

import pytest
from playwright.sync_api import expect

from attendance.demo.pictures import class_photo
from tests.browser.conftest import open_register, sign_in
from tests.browser.test_accessibility import problems
from tests.browser.test_register import pressed, row, upload


@pytest.fixture
def page(open_page, school, request):
    width, scheme = getattr(request, "param", (1280, "light"))
    page = open_page(width=width, height=900, color_scheme=scheme)
    open_register(page, school)
    page.evaluate("window.stays = true")
    yield page
    assert page.evaluate("window.stays === true"), "the page was loaded again"


def shown(page):
    return page.locator("#register .row-p[id^='row-']:visible .name")


def choose(form, label):
    form.locator(".choice", has_text=re.compile(rf"\b{label}$")).locator("input").click()


def missing(page):
    return page.locator(".row-p.missing[id^='row-']")


def is_of_the_search(request):
    """The page asks by itself whether the register changed, and keeps itself for when there is no connection."""
    return "/live/" not in request.url and request.url != request.frame.url


def test_search_as_one_types_without_a_request(page):
    asked = []
    page.on("request", lambda request: asked.append(request.url) if is_of_the_search(request) else None)
    page.keyboard.press("/")
    expect(page.locator("#find")).to_be_focused()
    page.keyboard.type("DENÍSE w")
    expect(shown(page)).to_have_text(["Denise Wolf"])
    expect(page.locator("#find-says")).to_have_text("Found: 1")
    expect(page.locator("#announce")).to_have_text("Found: 1")
    assert asked == []
    page.keyboard.press("Enter")
    expect(row(page, "Denise Wolf").locator(".marks button").first).to_be_focused()
    page.keyboard.press("e")
    expect(pressed(page, "Denise Wolf")).to_have_text("E")
    expect(shown(page)).to_have_text(["Denise Wolf"])  # what was looked for still holds after the answer
    page.keyboard.press("/")
    page.keyboard.press("Escape")
    expect(page.locator("#find")).to_have_value("")
    expect(shown(page)).to_have_count(32)


def test_a_roll_number_is_found_and_nobody_is_said(page):
    number = row(page, "Ben Ashworth").get_attribute("data-roll")
    page.fill("#find", number)
    expect(shown(page).first).to_have_text("Ben Ashworth")
    page.fill("#find", "zzzz")
    expect(shown(page)).to_have_count(0)
    expect(page.locator("#find-says")).to_have_text("No one on this register matches.")
    expect(page.get_by_role("button", name="Look in the whole school")).to_be_visible()
    expect(page.locator("#rest")).to_be_hidden()


def test_the_register_by_keys_alone(page):
    page.keyboard.press("j")
    name = page.locator(".row-p:focus-within .name").inner_text()
    for key in "plaed":
        page.keyboard.press(key)
        expect(row(page, name).locator(f'button[value="{key.upper()}"]')).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#toast")).to_contain_text("left early")
    page.keyboard.press("u")
    expect(row(page, name).locator('button[value="E"]')).to_have_attribute("aria-pressed", "true")
    page.locator("#find").focus()
    page.keyboard.press("ArrowDown")
    first = page.locator(".row-p:focus-within .name").inner_text()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("k")
    assert page.locator(".row-p:focus-within .name").inner_text() == first


def test_keys_faster_than_the_answers_are_all_kept(page):
    names = missing(page).locator(".name").all_inner_texts()[:4]
    for name in names:
        row(page, name).locator('button[value="P"]').evaluate("button => button.click()")
    for name in names:
        expect(pressed(page, name)).to_have_text("P")
    page.evaluate(
        "name => { const row = [...document.querySelectorAll('.row-p')].find(r => r.textContent.includes(name));"
        " for (const status of 'LAP') row.querySelector(`button[value=${status}]`).click(); }",
        names[0],
    )
    expect(row(page, names[0]).locator('button[value="P"]')).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#toast .error")).to_have_count(0)


def test_keys_do_nothing_in_a_field_and_can_be_turned_off(page):
    before = missing(page).count()
    page.fill("#find", "")
    page.locator("#find").press_sequentially("pa?ju/")
    expect(page.locator("#find")).to_have_value("pa?ju/")
    expect(page.locator("#keys")).to_be_hidden()
    page.fill("#find", "")
    page.locator("h1").click()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    assert problems(page) == []
    page.get_by_label("Use these keys on this device").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("p")
    expect(page.locator(".row-p:focus-within")).to_have_count(0)
    assert missing(page).count() == before
    page.locator(".reg-menu summary").click()
    page.get_by_role("button", name="Keys").click()
    page.get_by_label("Use these keys on this device").check()
    page.locator("#keys").get_by_role("button", name="Done").click()
    page.keyboard.press("j")
    expect(page.locator(".row-p:focus-within")).to_have_count(1)


def test_the_rest_asks_marks_and_comes_back_in_one_act(page):
    said = []
    page.once("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    left = missing(page).count()
    page.get_by_role("button", name="All absent").click()
    page.wait_for_timeout(300)
    assert missing(page).count() == left
    page.once("dialog", lambda dialog: (said.append(dialog.message), dialog.accept()))
    waiting = page.locator("#rest").count() and int(
        re.search(r"\d+", page.locator("#rest-A").get_attribute("hx-confirm"))[0]
    )
    page.get_by_role("button", name="All absent").click()
    expect(page.locator("#toast")).to_contain_text(f"{waiting} students marked absent.")
    assert said == [f"Mark {waiting} students absent? Marks already given stay as they are."] * 2
    expect(page.locator("#rest")).to_have_count(0)
    page.keyboard.press("u")
    expect(page.locator("#rest")).to_be_visible()
    expect(page.locator("h2", has_text="Not marked yet")).to_contain_text(str(waiting))


@pytest.mark.parametrize("page", [(1280, "light"), (360, "dark")], indirect=True)
def test_more_minutes_reason_note_and_left_early(page):
    name = "Denise Wolf"
    row(page, name).locator("summary").click()
    form = row(page, name).locator(".more-form")
    choose(form, "late")
    minutes = form.get_by_label("Minutes late")
    assert minutes.input_value().isdigit()
    minutes.fill("7")
    form.get_by_label("Note").fill("Bus")
    assert problems(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    form.get_by_role("button", name="Save").click()
    expect(row(page, name)).to_contain_text("Late 7 min")
    expect(row(page, name)).to_contain_text("Bus")
    expect(row(page, name).locator(":focus")).to_have_count(1)  # the focus stays with the student

    row(page, name).locator("summary").press("Enter")
    form = row(page, name).locator(".more-form")
    expect(form.get_by_label("Minutes late")).to_have_value("7")
    choose(form, "left early")
    expect(form.get_by_label("Left at")).to_have_value(re.compile(r"^\d\d:\d\d$"))
    form.get_by_role("button", name="Save").click()
    expect(row(page, name)).to_contain_text(re.compile(r"Left \d\d:\d\d"))
    row(page, name).locator("summary").click()
    page.keyboard.press("Escape")
    expect(row(page, name).locator(".more-form")).to_have_count(0)
    expect(row(page, name).locator("summary")).to_be_focused()


def new_student(open_page, school, name, roll_number):
    admin = open_page()
    sign_in(admin, school, "admin@riverside.example")
    admin.goto(f"{school}/admin/enrollment/student/add/")
    admin.fill("#id_name", name)
    admin.fill("#id_roll_number", roll_number)
    admin.get_by_role("button", name="Save", exact=True).click()
    admin.wait_for_url(lambda url: "/add/" not in url)


def test_a_guest_from_the_search_and_off_again(page, school, open_page):
    guest = "Mia Lindqvist"
    new_student(open_page, school, guest, "G-001")
    page.fill("#find", "mia lind")
    page.get_by_role("button", name="Look in the whole school").click()
    expect(page.locator("#guests-found")).to_contain_text(guest)
    assert problems(page) == []
    page.get_by_role("button", name=f"Add {guest} as a guest").click()
    expect(row(page, guest).locator(".guest")).to_have_text("Guest")
    expect(page.locator("#toast")).to_contain_text("on this register as a guest")
    row(page, guest).locator("summary").click()
    page.get_by_role("button", name="Take off this register").click()
    expect(page.locator("#toast")).to_contain_text("Taken off the register.")
    expect(row(page, guest)).to_have_count(0)


def test_an_own_code_from_the_office_to_the_row(page, school, open_page):
    admin = open_page()
    sign_in(admin, school, "admin@riverside.example")
    admin.goto(f"{school}/admin/attendance/statuscode/add/")
    admin.fill("#id_code", "med")
    admin.fill("#id_label", "Medical")
    admin.select_option("#id_kind", "E")
    admin.select_option("#id_colour", "plum")
    admin.get_by_role("button", name="Save", exact=True).click()
    page.reload()
    page.evaluate("window.stays = true")
    row(page, "Denise Wolf").locator("summary").click()
    choose(row(page, "Denise Wolf").locator(".more-form"), "Medical")
    row(page, "Denise Wolf").get_by_label("Reason").fill("Dentist")
    row(page, "Denise Wolf").get_by_role("button", name="Save").click()
    expect(row(page, "Denise Wolf").locator(".pill.c-plum")).to_have_text("MED Medical")
    assert problems(page) == []


@pytest.mark.parametrize("page", [(1280, "light"), (360, "light")], indirect=True)
def test_with_the_photo_s_faces_too(page):
    if not page.locator(".photo svg").count():
        upload(page, class_photo())
    expect(page.locator(".photo svg")).to_be_visible(timeout=30_000)
    assert problems(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


@pytest.mark.parametrize("page", [(360, "dark")], indirect=True)
def test_an_unknown_face_is_a_guest(page, school, open_page):
    guest = "Nils Bergström"
    new_student(open_page, school, guest, "G-002")
    if not page.locator(".photo svg").count():
        upload(page, class_photo())
    stranger = page.locator("#unknown .row-p").first
    expect(stranger).to_be_visible(timeout=30_000)
    stranger.get_by_role("link", name="Name…").click()
    unknown = page.locator("#why")
    unknown.get_by_label("Not on this register? Search the school:").fill("bergstrom")
    unknown.get_by_role("button", name="Search").click()
    expect(unknown).to_contain_text(guest)
    assert problems(page) == []
    unknown.get_by_role("button", name=f"Add {guest} as a guest").click()
    expect(page.locator("#toast")).to_contain_text(f"This is {guest}.")
    expect(row(page, guest).locator(".guest")).to_have_text("Guest")
    expect(row(page, guest)).to_contain_text("confirmed by Ms Okafor")
    expect(row(page, guest).locator("svg.tile image")).to_have_count(1)
