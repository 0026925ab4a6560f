"""The office's path in a browser: its day follows the registers, and a late arrival takes a few letters and a tap."""

from playwright.sync_api import expect

from tests.browser.conftest import close_register, open_register, sign_in
from tests.browser.test_accessibility import problems

SOON = 15_000  # ms


def test_the_day_follows_the_registers_and_the_desk_takes_a_tap(open_page, school):
    office, teacher = open_page(), open_page()
    sign_in(office, school, "admin@riverside.example")
    office.goto(f"{school}/riverside/office/")
    late = office.locator("#late-form")
    expect(late).to_be_visible()

    # A tap enters the arrival; the toast takes it back; the next name can be typed at once.
    name = late.get_by_role("combobox", name="Student")
    name.press_sequentially("wolf")
    late.get_by_role("option", name="Denise Wolf").click()
    expect(office.locator("#toast")).to_contain_text("Denise Wolf: arrival entered.")
    expect(name).to_be_focused()
    expect(name).to_have_value("")
    expect(office.locator(".o-recent li")).to_have_count(1)
    office.locator("#toast").get_by_role("button", name="Undo").click()
    expect(office.locator("#toast")).to_contain_text("the entry is undone")
    expect(office.locator(".o-recent li")).to_have_count(0)

    # By the keyboard, and what several match is asked without losing anything.
    name.press_sequentially("dén")
    expect(late.get_by_role("option")).to_have_count(1)
    name.press("ArrowDown")
    name.press("Enter")
    expect(office.locator(".o-recent li")).to_contain_text("Denise Wolf")
    late.get_by_label("Reason").fill("bus")
    name.fill("a")
    name.press("Enter")
    expect(late.get_by_text("Several students match.")).to_be_visible()
    expect(late.get_by_label("Reason")).to_have_value("bus")
    assert problems(office) == []

    # A teacher closes the register: the absent appear, and what is being typed stays as it is.
    late.get_by_role("group", name="Choose a student").get_by_role("button").first.click()
    expect(office.locator(".o-recent li")).to_have_count(2)
    name.fill("carl")
    name.focus()
    open_register(teacher, school)
    close_register(teacher)
    expect(teacher.locator(".dock")).to_contain_text("Closed")
    expect(office.get_by_role("heading", name="Absent without a reason")).to_be_visible(timeout=SOON)
    expect(name).to_be_focused()
    expect(name).to_have_value("carl")

    # A reason that is being typed outlives its row; a colleague was faster.
    absent = office.locator("#office .o-gone").first
    absent.get_by_text("Reason…").click()
    absent.get_by_label("Note").fill("half a sent")
    who = absent.locator(".name").inner_text()
    colleague = office.context.new_page()
    colleague.goto(office.url)
    theirs = colleague.locator(".o-gone", has_text=who)
    theirs.get_by_text("Reason…").click()
    theirs.get_by_role("button", name="Save reason").click()
    expect(colleague.locator("#toast")).to_contain_text("is absent with a reason now")
    expect(colleague.locator(".o-gone", has_text=who)).to_have_count(0)
    expect(absent.get_by_text("Settled meanwhile")).to_be_visible(timeout=SOON)
    expect(absent.get_by_label("Note")).to_have_value("half a sent")
    expect(absent.get_by_label("Note")).to_be_focused()
    absent.get_by_role("button", name="Cancel").click()
    expect(office.locator(".o-gone", has_text=who)).to_have_count(0, timeout=SOON)
    office.locator(".o-told", has_text=who).get_by_role("button", name="Undo").click()
    expect(office.locator(".o-gone", has_text=who)).to_have_count(1)
    assert problems(office) == []
