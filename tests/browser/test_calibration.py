"""The calibration page with figures on it, and the way to another threshold and back."""

import shutil
import subprocess
import sys

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import ROOT, environment, serving, sign_in
from tests.browser.test_accessibility import LOOKS, problems

# What a demo school cannot have: people who have been confirming and correcting for weeks.
JUDGED = """
from random import Random
from attendance.models import ClassSession
from enrollment.faces import faces_for
from tests.attendance.calibration.verdicts import capture_of, faces
session = ClassSession.objects.filter(institution__slug="riverside", state="closed").first()
engine, random = faces_for(session.institution).calibration, Random(1)
levels = {"accept_threshold": engine.accept_threshold, "review_threshold": engine.review_threshold}
photo = capture_of(session, engine=engine.engine, model=engine.model, **levels)
faces(photo, "mark", [min(max(random.gauss(0.6, 0.08), 0.38), 0.95) for _ in range(2000)])
faces(photo, "mark", [0.41, 0.44], "wrong")
faces(photo, "mark", [0.7] * 12, "right")
faces(photo, "ask", [random.uniform(0.3, 0.38) for _ in range(40)], "right")
faces(photo, "ask", [random.uniform(0.3, 0.36) for _ in range(300)], "wrong")
faces(photo, "unknown", [None] * 200, "right")
"""


@pytest.fixture(scope="module")
def judged_school(seeded, tmp_path_factory):
    folder = tmp_path_factory.mktemp("judged") / "data"
    shutil.copytree(seeded, folder)
    command = [sys.executable, "manage.py", "shell", "-v0", "-c", JUDGED]
    subprocess.run(command, cwd=ROOT, env=environment(folder), check=True)
    with serving(environment(folder)) as address:
        yield address


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_another_threshold_and_back(open_page, judged_school, width, scheme):
    page = open_page(width=width, color_scheme=scheme)
    sign_in(page, judged_school, "admin@riverside.example")
    page.goto(judged_school + "/riverside/calibration/")
    assert page.locator("svg.chart").count() == 2
    page.get_by_text("The same as a table").click()
    assert problems(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_label("False-match rate of at most").select_option("0.001")
    page.get_by_role("button", name="Show the threshold").click()
    expect(page.get_by_text("Too little is known for 0.1 %")).to_be_visible()
    page.get_by_label("False-match rate of at most").select_option("0.01")
    page.get_by_role("button", name="Show the threshold").click()
    page.get_by_role("link", name="Use this threshold").click()
    assert problems(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("button", name="Mark from").click()
    expect(page.get_by_text("From the next photo on the threshold to mark is")).to_be_visible()
    page.get_by_role("button", name="Back to the engine's own thresholds").click()
    expect(page.get_by_text("As they come with the engine.")).to_be_visible()


def test_the_drawing_lies_within_its_frame(open_page, judged_school):
    page = open_page(width=360)
    sign_in(page, judged_school, "admin@riverside.example")
    page.goto(judged_school + "/riverside/calibration/")
    outside = """charts => charts.filter(chart => [...chart.children].some(each => {
        const box = each.getBBox();
        return box.x < 0 || box.y < 0 || box.x + box.width > 320 || box.y + box.height > 150;
    })).length"""
    assert page.locator("svg.chart").evaluate_all(outside) == 0
