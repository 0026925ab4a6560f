"""Pages of imports in a browser: a file is checked, put right on the page, imported, and taken back."""

import shutil
import subprocess
import sys

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import ROOT, environment, serving, sign_in
from tests.browser.test_accessibility import problems

ADMIN = "admin@riverside.example"
LONG = 90_000  # ms, on a busy machine
# A heading that no field is known by, a date that may be read in two ways, and a row without a name.
STUDENTS = "Roll number;Who;DOB;Form\nX-1;Ngozi Obi;03/04/2011;10Z\nX-2;Ben Ålund;05/06/2011;10Z\nX-3;;;10Z\n"


@pytest.fixture(scope="module")
def portal(seeded, tmp_path_factory):
    """The address of a server over a copy of the demo, with its worker."""
    folder = tmp_path_factory.mktemp("importing") / "data"
    shutil.copytree(seeded, folder)
    env = environment(folder)
    with serving(env) as address:
        worker = subprocess.Popen([sys.executable, "manage.py", "worker"], cwd=ROOT, env=env)
        yield address
        worker.terminate()
        worker.wait(30)


# A lesson that no timetable has, and a status that the portal does not know.
MARKS = "Roll number;Course;Date;Time;Status\nR-1001;PHY-10B;29.11.2026;07:00;P\nR-1002;PHY-10B;29.11.2026;07:00;Zz\n"


def upload(page, address, text, *, name="students.csv", encoding="utf-8", kind="Students"):
    sign_in(page, address, ADMIN)
    page.goto(f"{address}/riverside/imports/")
    assert problems(page) == []
    page.get_by_label(kind, exact=True).check()
    file = {"name": name, "mimeType": "text/csv", "buffer": text.encode(encoding)}
    page.get_by_label("File", exact=True).set_input_files(file)
    page.get_by_role("button", name="Check file").click()
    expect(page.get_by_role("heading", name="Check before importing")).to_be_visible(timeout=LONG)


def test_a_file_is_put_right_on_the_page_imported_and_taken_back(open_page, portal):
    page = open_page()
    upload(page, portal, STUDENTS)
    page.get_by_role("button", name="3 April 2011").click()
    expect(page.get_by_text("Read as day, month, year")).to_be_visible(timeout=LONG)
    expect(page.get_by_text("First name and last name are both empty.").first).to_be_visible()
    assert problems(page) == []
    page.get_by_label("Who").select_option(label="Full name")
    expect(page.get_by_text("Chosen by you").first).to_be_visible(timeout=LONG)
    expect(page.get_by_role("heading", name="Left out")).to_contain_text("1")
    assert problems(page) == []
    page.get_by_role("button", name="Import 2 rows").click()
    page.get_by_role("link", name="Show result").click(timeout=LONG)
    expect(page.get_by_role("heading", name="Imported")).to_be_visible(timeout=LONG)
    assert problems(page) == []
    page.get_by_text("Undo this import…").click()
    page.get_by_role("button", name="Take back").click()
    page.get_by_role("link", name="Show result").click(timeout=LONG)
    expect(page.get_by_text("Everything is as it was before the import.")).to_be_visible(timeout=LONG)


def test_an_encoding_that_is_not_certain_is_asked_with_the_names(open_page, portal):
    page = open_page(width=360, height=740)
    upload(page, portal, "Roll number;Name\nY-1;Łukasz Wiśniewski\nY-2;Zoë Žižek\n", encoding="cp1250")
    page.get_by_role("button").filter(has_text="Wiśniewski").first.click()
    expect(page.get_by_role("button", name="Import 2 rows")).to_be_visible(timeout=LONG)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("link", name="Show what is new").click()
    expect(page.get_by_text("Zoë Žižek")).to_be_visible(timeout=LONG)
    page.go_back()
    page.get_by_role("button", name="Cancel").click()
    page.wait_for_url("**/imports/")


def test_marks_are_decided_about_once_and_imported_on_a_phone(open_page, portal):
    page = open_page(width=360, height=740)
    upload(page, portal, MARKS, name="marks.csv", kind="Attendance marks")
    page.get_by_role("button", name="Add them, with a closed register").click()
    expect(page.get_by_role("button", name="Import 1 row")).to_be_visible(timeout=LONG)
    assert problems(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_label("Zz").select_option(label="E · excused")
    page.get_by_role("button", name="Import 2 rows").click(timeout=LONG)
    page.get_by_role("link", name="Show result").click(timeout=LONG)
    expect(page.get_by_role("heading", name="Imported")).to_be_visible(timeout=LONG)
    assert problems(page) == []
