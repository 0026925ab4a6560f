"""Nothing is lost between upload and mark, whenever the process is killed: kill -9, real processes, real stores.

For each point a process of its own takes a photo into a register of its own and dies there (`tests.aws.kill`). Then one
worker, started as in production, finds what they left behind. It runs twice: on this machine alone, and in AWS mode
against the local servers.
"""

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import dataclass
from uuid import uuid4

import pytest

from tests.aws.kill import PRESENT
from tests.aws.mode import ROOT, aws_mode, environment, manage, worker

HERE = [str(person) for person in PRESENT]
LONG_AGO = "2020-01-01 00:00:00"
PATIENCE = 60  # seconds for the worker, on a busy machine


@dataclass(frozen=True)
class Point:
    """Point at which a process dies, and the expected remains: the capture's state, numbers of marks and of faces.

    has_picture: whether a picture is at the row's address.
    """

    name: str
    state: str
    marks: int = 0
    faces: int = 0
    has_picture: bool = True
    only: str = ""  # the mode in which alone it exists
    in_aws: int | None = None  # marks, where DynamoDB writes them one by one


POINTS = [
    Point("row", "received", has_picture=False),
    Point("row, sent again at once", "received", has_picture=False),
    Point("half stored", "received", only="local"),  # S3 stores a picture whole or not at all
    Point("stored", "received"),
    Point("claimed", "recognising"),
    Point("recognising", "recognising"),
    Point("recognised", "recognising"),
    Point("half marked", "recognising", in_aws=3),  # one transaction here, one write a mark there
    Point("marked", "recognising", marks=5),
    Point("finishing", "recognising", marks=5),
    Point("finished", "done", marks=5, faces=6),
]
NAMES = [point.name for point in POINTS]
WORKER = "the worker, recognising"


class School:
    """A school's data, and processes that work on it."""

    def __init__(self, env, folder, points):
        self.env, self.database = env, folder / "portal.sqlite3"
        self.lessons = {point: f"{uuid4()}/{uuid4()}" for point in points}  # of each, its session and a nonce

    def run(self, *command):
        """The code by which a process ended, and what it said."""
        done = subprocess.run(
            [sys.executable, "-m", "tests.aws.kill", *command],
            cwd=ROOT, env=self.env, stdout=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
        return done.returncode, json.loads(done.stdout.splitlines()[-1]) if done.stdout.strip() else None

    def said(self, *command):
        code, answer = self.run(*command)
        assert code == 0
        return answer

    def sql(self, statement, *values):
        connection = sqlite3.connect(self.database, timeout=30)
        with connection:
            rows = connection.execute(statement, values).fetchall()
        connection.close()
        return rows

    def let_time_pass(self):
        """Leases end, pictures that just arrived did so long ago, what waits is due."""
        self.sql("UPDATE attendance_capture SET lease_until = ? WHERE lease_until IS NOT NULL", LONG_AGO)
        self.sql("UPDATE attendance_capture SET retry_at = ? WHERE retry_at IS NOT NULL", LONG_AGO)
        self.sql("UPDATE attendance_capture SET taken_at = datetime(taken_at, '-1 minute')")

    def let_a_worker_finish(self):
        """Run the worker until nothing waits any more, then ask it to stop; its exit code."""
        process = worker(self.env)
        unfinished = "SELECT count(*) FROM attendance_capture WHERE state NOT IN ('done', 'failed')"
        deadline = time.monotonic() + PATIENCE
        while self.sql(unfinished) != [(0,)] and time.monotonic() < deadline:
            time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        return process.wait(PATIENCE)


@pytest.fixture(scope="module")
def migrated(tmp_path_factory):
    """An empty database with its tables."""
    folder = tmp_path_factory.mktemp("kill")
    env = environment(folder, LOG_LEVEL="CRITICAL")
    manage(env, "migrate", "-v0")
    manage(env | {"CACHE_URL": "dbcache://portal_cache"}, "createcachetable")
    return folder / "portal.sqlite3"


MODES = [
    pytest.param("local", marks=pytest.mark.xdist_group("kill, local")),  # all of a mode in one process
    pytest.param("aws", marks=[pytest.mark.aws_local, pytest.mark.thorough, pytest.mark.xdist_group("kill, aws")]),
]


@pytest.fixture(scope="module", params=MODES)
def mode(request):
    """The stores and engine: those of the portal itself, or those of AWS on the local servers."""
    settings = {}
    if request.param == "aws":
        rekognition, ministack = (request.getfixturevalue(name) for name in ("rekognition_server", "ministack"))
        rekognition.reset()
        prefix = f"kill-{uuid4().hex[:8]}"
        settings = aws_mode(rekognition=rekognition.url, ministack=ministack.url)
        settings |= {"AWS_PREFIX": prefix, "PICTURES_BUCKET": f"{prefix}-pictures"}
    return request.param, settings


@pytest.fixture(scope="module")
def school(mode, migrated, tmp_path_factory):
    """After everything: each process died at its point, and a worker cleared up behind them all."""
    name, settings = mode
    folder = tmp_path_factory.mktemp(f"kill-{name}")
    shutil.copy(migrated, folder)
    env = environment(folder, **settings, DEMO="false", LOG_LEVEL="CRITICAL")
    if name == "aws":
        manage(env, "provision_aws", quiet=True)
    mine = [point.name for point in POINTS if point.only in ("", name)]
    school = School(env, folder, [WORKER, *mine])

    # First a photo that waits, and a worker that dies with its lease: it would take the others' as well.
    sessions = [school.lessons[point].split("/")[0] for point in mine]
    school.waited = school.said("prepare", school.lessons[WORKER], *sessions)
    school.let_time_pass()
    worker_code = school.run("dying-worker", "recognising")[0]
    died = school.said("deaths", *(f"{school.lessons[point]}/{point}" for point in mine))
    school.dead, school.left = {**died["dead"], WORKER: worker_code}, died["left"]

    school.answered_at_once = school.said("take", *school.lessons[NAMES[1]].split("/"))
    school.let_time_pass()
    school.worker_code = school.let_a_worker_finish()
    ended = school.said("again", *school.lessons.values())
    school.found, school.after = ended["found"], ended["after"]
    school.again = dict(zip(school.lessons, zip(*ended["answers"], strict=True), strict=True))
    return school


def lesson_of(school, point, report):
    if point not in school.lessons:
        pytest.skip("There is no such point in this mode: S3 stores a picture whole or not at all.")
    return report["sessions"][school.lessons[point].split("/")[0]]


@pytest.mark.parametrize("point", POINTS, ids=NAMES)
def test_it_died_where_it_should(school, mode, point):
    left = lesson_of(school, point.name, school.left)
    [[state, _, picture, _]] = left["captures"]
    assert school.dead[point.name] == -signal.SIGKILL
    assert (state, len(left["faces"])) == (point.state, point.faces)
    assert (picture not in school.left["missing"]) is point.has_picture
    is_partial = mode[0] == "aws" and point.in_aws is not None
    assert len(left["marks"]) >= point.in_aws if is_partial else len(left["marks"]) == point.marks


def test_a_worker_died_with_a_waiting_photo_in_progress(school):
    [[state, _, _, attempts]] = lesson_of(school, WORKER, school.left)["captures"]
    assert (school.waited["state"], school.dead[WORKER]) == ("waiting", -signal.SIGKILL)
    assert (state, attempts) == ("recognising", 1)


@pytest.mark.parametrize("point", [*NAMES, WORKER])
def test_a_worker_makes_the_register_complete(school, point):
    """The photo that never arrived is said to be lost; every other is finished by the sweep alone."""
    register = lesson_of(school, point, school.found)
    [[state, reason, *_]] = register["captures"]
    if point in ("row", "half stored"):
        assert (state, reason, register["marks"]) == ("failed", "picture_missing", {})
        return
    assert (state, reason) == ("done", "")
    assert_complete(register)


def assert_complete(register):
    """Everybody in the photo is marked once, by a face that is there; nobody else; no version but the first."""
    assert sorted(register["marks"]) == HERE
    assert {name: versions for name, versions in register["audit"].items() if versions} == {name: [1] for name in HERE}
    faces = {(capture, number): name for capture, number, name, outcome in register["faces"] if outcome == "mark"}
    assert len(register["faces"]) == 6
    for name, (status, version, evidence) in register["marks"].items():
        assert (status, version) == ("P", 1)
        assert faces[tuple(evidence)] == name


@pytest.mark.parametrize("point", [*NAMES, WORKER])
def test_sending_it_again_completes_what_never_arrived_and_changes_nothing_else(school, point):
    register = lesson_of(school, point, school.after)
    first, second = school.again[point]
    assert first == second
    assert (first["state"], first["faces"], len(first["marks"])) == ("done", 6, len(HERE))
    assert_complete(register)
    if point not in ("row", "half stored"):
        assert register == lesson_of(school, point, school.found)


def test_what_is_sent_again_before_any_worker_came_is_taken_at_once(school):
    answer = school.answered_at_once
    assert (answer["state"], answer["faces"], len(answer["marks"])) == ("done", 6, len(HERE))


def test_no_picture_is_without_a_row_and_no_row_without_its_picture(school):
    assert (school.after["orphans"], school.after["missing"]) == ([], [])


def test_the_worker_ended_when_it_was_asked_to(school):
    assert school.worker_code == 0
