"""An erasure continues after kill -9 at any of its steps, in either mode: nobody is found, and receipts are signed."""

import json
import shutil
import signal
import subprocess
import sys
from uuid import uuid4

import pytest

from tests.aws.mode import ROOT, aws_mode, environment, manage

POINTS = {
    "1": "vectors gone, mapping left",
    "2": "vectors gone, photos left",
    "3": "marks gone",
    "4": "record half gone",
    "5": "all gone, not signed",
}
MODES = [
    pytest.param("local", marks=pytest.mark.xdist_group("kill erasure, local")),
    pytest.param(
        "aws", marks=[pytest.mark.aws_local, pytest.mark.thorough, pytest.mark.xdist_group("kill erasure, aws")]
    ),
]


@pytest.fixture(scope="module")
def migrated(tmp_path_factory):
    """An empty database with its tables."""
    folder = tmp_path_factory.mktemp("kill-erasure")
    env = environment(folder, LOG_LEVEL="CRITICAL")
    manage(env, "migrate", "-v0")
    manage(env | {"CACHE_URL": "dbcache://portal_cache"}, "createcachetable")
    return folder / "portal.sqlite3"


def run(env, *command):
    """The code by which a process ended, and what it said."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.aws.kill_erasure", *command],
        cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    return done.returncode, json.loads(done.stdout.splitlines()[-1]) if done.stdout.strip() else None


@pytest.fixture(scope="module", params=MODES)
def story(request, migrated, tmp_path_factory):
    """Five erasures, each of which died at its point; then one process that finishes them all."""
    settings = {}
    if request.param == "aws":
        rekognition, ministack = (request.getfixturevalue(name) for name in ("rekognition_server", "ministack"))
        rekognition.reset()
        prefix = f"kill-{uuid4().hex[:8]}"
        settings = aws_mode(rekognition=rekognition.url, ministack=ministack.url)
        settings |= {"AWS_PREFIX": prefix, "PICTURES_BUCKET": f"{prefix}-pictures"}
    folder = tmp_path_factory.mktemp(f"kill-erasure-{request.param}")
    shutil.copy(migrated, folder)
    env = environment(folder, **settings, DEMO="false", LOG_LEVEL="CRITICAL")
    if request.param == "aws":
        manage(env, "provision_aws", quiet=True)
    code, taken = run(env, "prepare")
    assert (code, taken["state"]) == (0, "done")
    dead = {roll: run(env, "erase", roll, point)[0] for roll, point in POINTS.items()}
    code, finished = run(env, "finish")
    assert code == 0
    return dead, finished, run(env, "left")[1]


@pytest.mark.parametrize("roll", POINTS, ids=POINTS.values())
def test_it_died_and_was_finished(story, roll):
    dead, finished, _left = story
    assert dead[roll] == -signal.SIGKILL
    receipt = finished[roll]
    assert (receipt["state"], receipt["genuine"], receipt["found"]) == ("done", True, [])
    assert {left for _found, left in receipt["steps"].values()} == {0}


@pytest.mark.parametrize("roll", POINTS, ids=POINTS.values())
def test_the_receipt_still_says_what_there_was(story, roll):
    steps = story[1][roll]["steps"]
    assert {part: steps[part][0] for part in ("vectors", "mappings", "photos", "record")} == {
        "vectors": 2, "mappings": 2, "photos": 2, "record": 1,
    }  # fmt: skip
    assert steps["marks"][0] >= 1


def test_the_one_who_was_not_erased_keeps_everything(story):
    assert story[2] == {"vectors": 2, "photos": 2}
