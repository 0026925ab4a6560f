"""An import survives kill -9: real processes, and a worker as in production that goes on where the dead one ended."""

import signal
import sqlite3
import subprocess
import sys
import time

import pytest

from tests.aws.mode import ROOT, environment, manage, worker

pytestmark = pytest.mark.thorough

ROWS = 10
PATIENCE = 90  # seconds for the worker, on a busy machine
TABLES = ("student", "guardian", "guardianship", "group", "groupplace")
WHOLE = {"student": ROWS, "guardian": ROWS, "guardianship": ROWS, "group": 1, "groupplace": ROWS}


class School:
    """A database of its own, and processes that work on it."""

    def __init__(self, folder):
        self.database = folder / "portal.sqlite3"
        self.env = environment(folder, DEMO="false", LOG_LEVEL="CRITICAL")

    def run(self, *command):
        return subprocess.run(
            [sys.executable, "-m", "tests.enrollment.importing.dying", *command],
            cwd=ROOT, env=self.env, stdout=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip

    def sql(self, statement):
        connection = sqlite3.connect(self.database, timeout=30)
        with connection:
            rows = connection.execute(statement).fetchall()
        connection.close()
        return rows

    def counts(self):
        return {name: self.sql(f"SELECT count(*) FROM enrollment_{name}")[0][0] for name in TABLES}  # noqa: S608

    def state(self):
        return self.sql("SELECT state FROM enrollment_importrun")[0][0]

    def let_a_worker_finish(self):
        self.sql("UPDATE accounts_job SET lease_until = '2020-01-01 00:00:00' WHERE state = 'running'")
        process = worker(self.env)
        deadline = time.monotonic() + PATIENCE
        while self.sql("SELECT 1 FROM accounts_job WHERE ended_at IS NULL") and time.monotonic() < deadline:
            time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
        assert {row[0] for row in self.sql("SELECT error FROM accounts_job")} == {""}


@pytest.fixture
def school(tmp_path):
    made = School(tmp_path)
    manage(made.env, "migrate", "-v0")
    assert made.run("prepare", str(ROWS)).returncode == 0
    return made


@pytest.mark.parametrize(("at", "where"), [(1, "inside"), (2, "after"), (4, "inside")])
def test_killed_amidst_it_and_resumed_with_nothing_doubled(school, at, where):
    assert school.run("apply", str(at), where).returncode == -signal.SIGKILL
    written = school.sql("SELECT count(*) FROM enrollment_importchange")[0][0]
    assert written == sum(school.counts().values())  # each row has its note, or neither is there
    assert written < sum(WHOLE.values())
    assert written > 0 or where == "inside"
    school.let_a_worker_finish()
    assert school.counts() == WHOLE
    assert school.state() == "applied"
    assert school.sql("SELECT count(*), count(DISTINCT number) FROM enrollment_importchange") == [(41, 41)]
    assert school.sql("SELECT count(DISTINCT roll_number) FROM enrollment_student") == [(ROWS,)]


def test_killed_while_it_is_taken_back_and_resumed(school):
    school.let_a_worker_finish()
    assert school.run("undo", "2", "inside").returncode == -signal.SIGKILL
    left = sum(school.counts().values())
    assert 0 < left < sum(WHOLE.values())
    school.let_a_worker_finish()
    assert sum(school.counts().values()) == 0
    assert school.state() == "undone"
