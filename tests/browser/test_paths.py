"""Each person's path through the school's day in a browser, from what happens to what the others see of it."""

import io
import re
import shutil
import subprocess
import sys
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.conftest import ROOT, close_register, environment, open_register, serving, sign_in
from tests.browser.mails import links_in
from tests.browser.test_accessibility import problems
from tests.browser.test_register import row

LONG = 30_000  # ms
CHILD = "Ade Bello"


def letter():
    """A PDF of one page."""
    out = io.BytesIO()
    Image.new("RGB", (400, 300), "white").save(out, "PDF")
    return {"name": "letter.pdf", "mimeType": "application/pdf", "buffer": out.getvalue()}


def is_as_wide(page, width):
    return page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_student_objects_the_office_decides_and_the_history_shows_it(open_page, school):
    student = open_page(width=360, height=740)
    sign_in(student, school, "student@riverside.example")
    student.goto(f"{school}/riverside/me/")
    wrong = student.get_by_role("link", name=re.compile("^This is wrong: "))
    lesson = wrong.first.get_attribute("aria-label").removeprefix("This is wrong: ")
    wrong.first.click()
    student.get_by_label("What is wrong?").fill("I was at the dentist's, and came at ten.")
    student.set_input_files("input[type=file]", letter())
    assert problems(student) == []
    assert is_as_wide(student, 360)
    student.get_by_role("button", name="Send to the school").click()
    expect(student.get_by_text("Sent. Your teacher or the school office will decide.")).to_be_visible()

    office = open_page()
    sign_in(office, school, "admin@riverside.example")
    office.goto(f"{school}/riverside/office/")
    office.get_by_role("link", name=re.compile("Disputed marks")).click()
    card = office.locator(".decision", has_text="I was at the dentist's")
    expect(card).to_contain_text(lesson.split(",")[0].strip())
    document = office.request.get(school + card.get_by_role("link", name="Open document").get_attribute("href"))
    assert (document.status, document.body()[:5]) == (200, b"%PDF-")
    history = card.get_by_role("link", name="History").get_attribute("href")
    card.get_by_role("button", name="Mark late").click()
    expect(office.get_by_text("Corrected. The student can see it.")).to_be_visible()
    office.goto(school + history)
    expect(office.locator("main")).to_contain_text("Corrected after the student disputed it")
    expect(office.locator("main")).to_contain_text("late")
    assert problems(office) == []

    student.goto(f"{school}/riverside/me/")
    same = student.locator(".lesson", has=student.get_by_role("link", name=f"This is wrong: {lesson}"))
    expect(same.locator(".pill")).to_contain_text("late")


def test_a_tutor_keeps_a_mark_and_the_student_reads_why(open_page, school):
    student, tutor = open_page(width=360, height=740), open_page()
    sign_in(student, school, "student@riverside.example")
    student.goto(f"{school}/riverside/me/")
    student.get_by_role("link", name=re.compile("^This is wrong: ")).last.click()
    student.get_by_label("What is wrong?").fill("I was not late at all.")
    student.get_by_role("button", name="Send to the school").click()

    sign_in(tutor, school, "teacher@riverside.example")
    tutor.goto(f"{school}/riverside/decisions/")
    card = tutor.locator(".decision", has_text="I was not late at all.")
    card.get_by_text(re.compile("^Keep .*…")).click()
    card.get_by_label("Why?").fill("The photo of 09:12 shows the door.")
    card.get_by_role("button", name=re.compile("^Keep ")).click()
    expect(tutor.get_by_text("Not changed. The student will read your reason.")).to_be_visible()
    student.goto(f"{school}/riverside/me/")
    expect(student.get_by_text("Not changed: The photo of 09:12 shows the door.").first).to_be_visible()


def test_a_tutor_reads_the_form_group_and_all_of_a_student_and_leaves_a_note(open_page, school):
    tutor, colleague = open_page(width=360, height=740), open_page()
    sign_in(tutor, school, "teacher@riverside.example")
    tutor.goto(f"{school}/riverside/reports/")
    tutor.get_by_role("region", name="Your form groups").get_by_role("link", name="10B").click()
    expect(tutor.get_by_text("students can be recognised")).to_be_visible()
    tutor.locator(".strips .st", has_text="Mateo").click()
    expect(tutor.get_by_role("heading", name="Contacts")).to_be_visible()
    rules = tutor.get_by_text("Cancelled lessons, registers that are not closed")
    expect(rules).to_be_hidden()
    tutor.get_by_text("How rates are counted").click()
    expect(rules).to_be_visible()
    assert problems(tutor) == []
    assert is_as_wide(tutor, 360)
    letter_home = tutor.request.get(school + tutor.get_by_role("link", name="Letter home").get_attribute("href"))
    assert (letter_home.status, letter_home.body()[:5]) == (200, b"%PDF-")

    tutor.get_by_text("Add a note").click()
    tutor.get_by_label("Note", exact=True).fill("Spoke with his father about the bus.")
    tutor.get_by_role("button", name="Add note").click()
    expect(tutor.get_by_text("Spoke with his father about the bus.")).to_be_visible()
    sign_in(colleague, school, "admin@riverside.example")
    colleague.goto(tutor.url)
    expect(colleague.get_by_text("Spoke with his father about the bus.")).to_be_visible()


def test_a_principal_reads_the_trends_and_names_nobody(open_page, school):
    page = open_page()
    sign_in(page, school, "principal@riverside.example")
    page.goto(f"{school}/riverside/trends/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    table = page.get_by_text("Show as a table").first
    table.click()
    expect(page.locator("main table").first).to_be_visible()
    expect(page.locator("main")).not_to_contain_text(CHILD)
    assert problems(page) == []
    for closed in ("office", "decisions", "evacuation"):
        assert page.goto(f"{school}/riverside/{closed}/").status in (403, 404), closed


@pytest.fixture(scope="module")
def mailing(seeded, tmp_path_factory):
    """The demo behind a server whose mails become files: its address, their folder, and its settings."""
    folder = tmp_path_factory.mktemp("mailing")
    shutil.copytree(seeded, folder / "data")
    (folder / "mails").mkdir()
    env = environment(folder / "data") | {"EMAIL_URL": f"filemail:///{folder / 'mails'}"}
    with serving(env) as address:
        yield address, folder / "mails", env


def upkeep(env):
    subprocess.run([sys.executable, "manage.py", "upkeep"], cwd=ROOT, env=env, check=True, capture_output=True)


def switch_notices_on(office, school):
    """At once, and with quiet hours that are not now."""
    office.goto(f"{school}/riverside/absence-notices/")
    office.get_by_label("Tell guardians of unexplained absences").check()
    office.get_by_label("Wait after closing (minutes)").fill("0")
    later = datetime.now(ZoneInfo("Europe/London")) + timedelta(hours=8)
    office.get_by_label("No e-mails from").fill(f"{later:%H:%M}")
    office.get_by_label("No e-mails until").fill(f"{later + timedelta(hours=1):%H:%M}")
    office.get_by_role("button", name="Save").click()


def test_a_guardian_is_told_gives_the_reason_by_the_link_and_the_office_accepts_it(open_page, mailing):
    school, mails, env = mailing
    office, teacher, guardian = open_page(), open_page(), open_page(width=360, height=740)
    sign_in(office, school, "admin@riverside.example")
    switch_notices_on(office, school)

    open_register(teacher, school)
    row(teacher, CHILD).get_by_role("button", name="absent", exact=True).click()
    close_register(teacher)
    expect(teacher.locator(".dock")).to_contain_text("Closed")
    upkeep(env)
    upkeep(env)

    told = links_in(mails, r"http://\S+/absence/[^/\s]+/(?=\s)", to="guardian@riverside.example")
    assert len(told) == 1
    guardian.goto(school + urlsplit(told.pop()).path)  # the mail's host is the portal's, without this server's port
    expect(guardian.locator("main")).not_to_contain_text("Bello")  # a stranger who has the mail learns no family name
    guardian.get_by_label("Note").fill("High temperature since last night")
    assert problems(guardian) == []
    assert is_as_wide(guardian, 360)
    guardian.get_by_role("button", name="Send reason").click()
    expect(guardian.get_by_text("Thank you. The school has your reason")).to_be_visible()

    office.goto(f"{school}/riverside/decisions/")
    card = office.locator(".decision", has_text="High temperature")
    card.get_by_role("button", name="Excuse", exact=True).click()
    office.goto(f"{school}/riverside/office/")
    expect(office.locator(".o-told", has_text=CHILD)).to_contain_text("High temperature")
    sign_in(guardian, school, "guardian@riverside.example")
    expect(guardian.locator(".lesson").first.locator(".pill")).to_contain_text("excused")
