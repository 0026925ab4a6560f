"""The face service is unavailable: the photo waits, the teacher goes on by hand, and the register fills later."""

import shutil
import subprocess
import sys

import pytest
from playwright.sync_api import expect

from attendance.demo.pictures import class_photo
from tests.aws.servers import free_port
from tests.browser.conftest import ROOT, environment, open_register, serving
from tests.browser.test_accessibility import problems
from tests.browser.test_register import pressed, row, upload


@pytest.fixture
def folder(seeded, tmp_path):
    shutil.copytree(seeded, tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
def unavailable(folder):
    """A server whose face service is at an address where no server answers."""
    settings = {
        "FACE_ENGINE": "enrollment.faces.rekognition.engine.RekognitionFaceEngine",
        "AWS_ENDPOINT_URL_REKOGNITION": f"http://127.0.0.1:{free_port()}",
        "AWS_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nobody",
    }
    with serving(environment(folder) | settings) as address:
        yield address


@pytest.fixture
def worker(folder):
    """Starts a worker whose face service is there."""
    started = []

    def start():
        started.append(subprocess.Popen([sys.executable, "manage.py", "worker"], cwd=ROOT, env=environment(folder)))

    yield start
    for process in started:
        process.terminate()
        assert process.wait(30) == 0


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (360, "dark")])
def test_a_photo_waits_and_the_register_fills_itself_later(open_page, unavailable, worker, width, scheme):
    page = open_page(width=width, color_scheme=scheme)
    open_register(page, unavailable)
    upload(page, class_photo())
    note = page.locator("#waiting .note")
    expect(note).to_contain_text("The face service cannot be reached.", timeout=30_000)
    expect(note).to_contain_text("Next try within a minute.")
    assert problems(page) == []
    assert page.evaluate("document.querySelector('#waiting').scrollWidth") <= width

    row(page, "Denise Wolf").get_by_role("button", name="excused").click()
    expect(pressed(page, "Denise Wolf")).to_have_text("E")
    page.locator("#toast [data-dismiss], #toast button").first.wait_for()
    page.get_by_role("button", name="Try again now").click()
    expect(page.locator("#toast .error")).to_contain_text("mark by hand meanwhile", timeout=30_000)
    expect(note).to_have_count(1)

    worker()
    expect(page.locator(".here-col .row-p")).to_have_count(30, timeout=90_000)
    expect(note).to_have_count(0)
    expect(pressed(page, "Denise Wolf")).to_have_text("E")
    expect(page.locator("#announce")).to_contain_text("30 of 32 here")
