"""A long job's page follows its progress by itself, and the job can be stopped there."""

import json
import shutil
import subprocess
import sys

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import ROOT, environment, serving, sign_in
from tests.browser.test_accessibility import LOOKS, problems

START = """
import json, sys
from accounts.jobs import job_start
from accounts.models import Institution
school = Institution.objects.get(slug="riverside")
print(job_start(institution=school, kind="counting", by=None, parameters=json.loads('{parameters}')).pk)
"""


@pytest.fixture(scope="module")
def portal(seeded, tmp_path_factory):
    """A server and a worker that know the tests' kinds of jobs: the address, and what starts a job."""
    folder = tmp_path_factory.mktemp("jobs") / "data"
    shutil.copytree(seeded, folder)
    env = environment(folder) | {"DJANGO_SETTINGS_MODULE": "tests.browser.jobs_settings"}

    def start(**parameters):
        code = START.format(parameters=json.dumps(parameters))
        command = [sys.executable, "manage.py", "shell", "-v0", "-c", code]
        return subprocess.run(command, cwd=ROOT, env=env, check=True, capture_output=True, text=True).stdout.strip()

    with serving(env) as address:
        worker = subprocess.Popen([sys.executable, "manage.py", "worker"], cwd=ROOT, env=env)
        yield address, start
        worker.terminate()
        worker.wait(30)


def open_job(page, address, job):
    sign_in(page, address, "admin@riverside.example")
    page.goto(f"{address}/riverside/jobs/{job}/")


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_progress_is_followed_and_the_job_stopped(open_page, portal, tmp_path, width, scheme):
    address, start = portal
    page = open_page(width=width, color_scheme=scheme)
    open_job(page, address, start(to=2000, pause=0.05, file=str(tmp_path / "numbers")))
    expect(page.locator(".job progress[value]")).to_be_visible(timeout=60_000)
    expect(page.locator(".job")).to_contain_text("of 2000")
    expect(page.locator(".job")).to_contain_text("Number")
    assert problems(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    button = page.get_by_role("button", name="Stop")
    button.focus()
    with page.expect_response(lambda response: "/jobs/" in response.url):
        pass  # it is asked again, and who is at the button stays there
    expect(button).to_be_focused()
    button.press("Enter")
    expect(page.locator(".job")).to_contain_text("Stopped", timeout=30_000)
    expect(page.locator("#announce")).to_contain_text("Stopped")
    expect(button).to_have_count(0)
    assert problems(page) == []


def test_it_finishes_while_nobody_touches_the_page(open_page, portal, tmp_path):
    address, start = portal
    page, sign = open_page(), tmp_path / "begin"
    open_job(page, address, start(to=3, file=str(tmp_path / "numbers"), sign=str(sign)))
    expect(page.locator(".job")).to_contain_text("Running", timeout=30_000)
    sign.touch()
    expect(page.locator(".job")).to_contain_text("Finished", timeout=60_000)
    expect(page.locator("#announce")).to_contain_text("Finished")
