"""From an empty database to the first closed register of 35 students, by pages alone, with each action counted.

An action is a click, a tap, a field that is filled or chosen; files that are given and answers of families are told
apart. The portal's operator looks after the school as well, as in a small one.
"""

import io
import re
import subprocess
import sys
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from attendance.demo.orl import orl_photo
from attendance.demo.pictures import Tile, compose
from enrollment.pictures import encode_jpeg
from tests.browser.conftest import ROOT, environment, serving
from tests.browser.mails import links_in

STUDENTS = range(1, 36)
MOST = 40
PASSWORD = "a much better password"
POSES = ("front", "left", "right")


@pytest.fixture
def portal(tmp_path):
    """An empty portal with its worker and one operator, whose mails become files: its address, and their folder."""
    data, mails = tmp_path / "data", tmp_path / "mails"
    data.mkdir()
    env = environment(data) | {
        "DEMO": "false",
        "EMAIL_URL": f"filemail:///{mails}",
        "DJANGO_SUPERUSER_PASSWORD": PASSWORD,
    }
    account = ["createsuperuser", "--noinput", "--email", "marsh@example.org", "--name", "Ms Marsh"]
    for command in (["migrate", "-v0"], ["collectstatic", "--noinput", "-v0"], account):
        subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=env, check=True)
    with serving(env) as address:
        worker = subprocess.Popen([sys.executable, "manage.py", "worker"], cwd=ROOT, env=env)
        yield address, mails
        worker.terminate()
        worker.wait(60)


class Person:
    """Somebody at a browser, whose actions are counted by what they are for."""

    def __init__(self, page):
        self.page, self.done = page, []

    def click(self, name, role="button", within=None, **how):
        (within or self.page).get_by_role(role, name=name, **how).first.click()
        self.done.append(f"click {name}")

    def fill(self, label, text):
        self.page.get_by_label(label).first.fill(text)
        self.done.append(f"fill {label}")

    def choose(self, locator, option):
        locator.select_option(option)
        self.done.append(f"choose {option}")

    def tick(self, label):
        self.page.get_by_label(label).first.check()
        self.done.append(f"tick {label}")


def students_csv():
    rows = [f"R-{n:03},Given{n},Family{n},10B,student{n}@example.org,2001-05-{n % 28 + 1:02}" for n in STUDENTS]
    return "\n".join(["Roll number,First name,Last name,Form group,E-mail,Date of birth", *rows]).encode()


def photos():
    for n in STUDENTS:
        for number, pose in enumerate(POSES, 1):
            yield a_file(f"R-{n:03} {pose}.jpg", orl_photo(n, number))


def a_file(name, picture):
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=92)
    return {"name": name, "mimeType": "image/jpeg", "buffer": buffer.getvalue()}


def class_photo():
    return encode_jpeg(compose([Tile(n, 7) for n in STUDENTS], per_row=7, factor=1.6))


def families_answer(open_page, address, mails):
    """Every family opens its link and agrees."""
    page, links = open_page(), links_in(mails, r"http://\S+/consent/\S+")
    for link in links:
        page.goto(link)
        page.get_by_role("button", name="I agree").click()
        expect(page.get_by_role("heading", name="You agreed")).to_be_visible(timeout=30_000)
    return len(links)


def add_school(person, address):
    page = person.page
    page.goto(address)
    page.fill("#id_login", "marsh@example.org")
    page.fill("#id_password", PASSWORD)
    person.done += ["fill E-mail", "fill Password"]
    person.click("Sign in")
    person.click("Add a school", role="link")
    person.fill("Name of the school", "Riverside School")
    person.fill("Time zone", "London")
    person.click("Add school and send invitation")
    expect(page.get_by_role("heading", name="Set up Riverside School")).to_be_visible()


def set_up(person):
    """The year, the decision on faces, the students, and a course that is on now."""
    page, now = person.page, datetime.now(ZoneInfo("Europe/London"))
    person.click("Enter the year", role="link")
    person.fill("First day", str(now.date() - timedelta(days=30)))
    person.fill("Last day", str(now.date() + timedelta(days=200)))
    person.click("Save")
    person.click("Decide", role="link")
    person.tick("On, for students with consent")
    person.click("Save")
    person.click("Import students", role="link")
    page.set_input_files("input[type=file]", {"name": "all.csv", "mimeType": "text/csv", "buffer": students_csv()})
    person.click("Check file")
    person.click("Import 35 rows")
    expect(page.locator(".job")).to_contain_text("Finished", timeout=240_000)
    person.click("Riverside School", role="link")
    person.click("Add a course", role="link")
    person.fill("Name", "Physics 10B")
    person.tick("10B")
    person.choose(page.locator("#id_hours-0-weekday"), str(now.weekday()))
    page.locator("#id_hours-0-starts").fill(f"{now:%H.%M}")
    page.locator("#id_hours-0-ends").fill(f"{now + timedelta(minutes=50):%H%M}")
    person.done += ["fill Begins", "fill Ends"]
    person.click("Add course", exact=True)
    expect(page.get_by_role("heading", name="Set up Riverside School")).to_be_visible()


def ask_families(person):
    page = person.page
    person.click("Collect consents", role="link")
    person.click("Write the form", role="link")
    person.click("Save wording")
    person.click("Consents", role="link")
    person.click(re.compile("No reply"), role="link")
    person.click("Send link to 35")
    expect(page.locator(".job")).to_contain_text("Finished", timeout=240_000)


def add_photos(person):
    page = person.page
    person.click("Riverside School", role="link")
    person.click("Add photos", role="link")
    person.click("Add photos")
    page.set_input_files("#drop input[type=file]:not([webkitdirectory])", list(photos()))
    enrol = page.get_by_role("button", name=f"Enrol {len(STUDENTS) * len(POSES)} photos")
    expect(enrol).to_be_visible(timeout=240_000)
    person.click(re.compile("Enrol"))
    expect(page.get_by_text("105 of 105 done")).to_be_visible(timeout=480_000)  # some may resemble another student


def first_lesson(person):
    page = person.page
    person.click("Riverside School", role="link")
    person.click("Go to today's lessons", role="link")
    person.click("Open register")
    page.wait_for_selector("#register .dock")
    page.wait_for_load_state("load")
    buffer = class_photo()
    page.set_input_files("input[type=file][multiple]", {"name": "c.jpg", "mimeType": "image/jpeg", "buffer": buffer})
    expect(page.locator(".here-col .row-p").nth(30)).to_be_visible(timeout=120_000)
    person.click("Close register", role="link")
    person.click("Close register")
    expect(page.locator(".dock")).to_contain_text("Closed")


def test_from_an_empty_database_to_the_first_closed_register(open_page, portal):
    address, mails = portal
    person = Person(open_page())
    add_school(person, address)
    set_up(person)
    ask_families(person)
    assert families_answer(open_page, address, mails) == len(STUDENTS)
    add_photos(person)
    first_lesson(person)
    print(len(person.done), *person.done, sep="\n")  # noqa: T201 - the figure that this test is about
    assert len(person.done) <= MOST
