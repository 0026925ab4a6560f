"""Real worker processes: none is in another's way, and what one that was killed had begun is finished by the next.

On SQLite, and on PostgreSQL with two workers at once where a server is installed.
"""

import json
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import psycopg
import pytest

from tests.accounts.jobs.kinds import noted
from tests.aws.mode import ROOT, environment, manage, stop
from tests.aws.postgres import Postgres, PostgresMissing

COMMAND = [sys.executable, "-m", "tests.aws.work"]
PATIENCE = 60  # seconds, on a busy machine
pytestmark = pytest.mark.xdist_group("workers")


class Portal:
    """A portal without a web: its data, and processes that work on it."""

    def __init__(self, folder, **settings):
        self.env = environment(
            folder, DEMO="false", LOG_LEVEL="CRITICAL", FACE_ENGINE="tests.engines.ScriptedEngine", **settings
        )
        manage(self.env, "migrate", "-v0")

    def _connect(self):
        url = self.env["DATABASE_URL"]
        return psycopg.connect(url) if url.startswith("postgres") else sqlite3.connect(url.removeprefix("sqlite:///"))

    def said(self, *command):
        done = subprocess.run([*COMMAND, *command], cwd=ROOT, env=self.env, stdout=subprocess.PIPE, check=True)
        return json.loads(done.stdout.splitlines()[-1])

    def rows(self, statement):
        with closing(self._connect()) as connection, connection:
            return connection.execute(statement).fetchall()

    def worker(self):
        return subprocess.Popen([*COMMAND, "worker"], cwd=ROOT, env=self.env, stdout=subprocess.DEVNULL)


def wait_until(true, seconds=PATIENCE):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def portal(tmp_path_factory):
    return Portal(tmp_path_factory.mktemp("workers"))


@pytest.fixture
def workers():
    """Those that a test started; stopped when it ends, however it ends."""
    started = []
    yield started
    for process in started:
        if process.poll() is None:
            stop(process)


JOBS = "SELECT state, deaths, checkpoint FROM accounts_job ORDER BY created_at"


def test_a_job_goes_on_after_its_worker_was_killed(portal, workers, tmp_path):
    file = tmp_path / "numbers"
    portal.said("jobs", "1", json.dumps({"to": 60, "file": str(file), "pause": 0.05}))
    workers.append(portal.worker())
    wait_until(lambda: len(noted(file)) >= 10)
    workers[0].send_signal(signal.SIGKILL)
    workers[0].wait(PATIENCE)
    [[state, deaths, checkpoint]] = portal.rows(JOBS)
    come, written = json.loads(checkpoint)["next"], len(noted(file))
    assert (state, deaths) == ("running", 0)
    assert come in (written, written - 1)  # killed after the checkpoint, or between the step and it
    assert written < 60

    portal.rows("UPDATE accounts_job SET lease_until = '2020-01-01 00:00:00'")
    workers.append(portal.worker())
    wait_until(lambda: portal.rows(JOBS)[0][0] == "done")
    again = [str(come)] if come < written else []
    assert sorted(noted(file), key=int) == sorted([*map(str, range(60)), *again], key=int)


def test_a_worker_that_is_asked_to_stop_leaves_its_job_to_the_next(portal, workers, tmp_path):
    file = tmp_path / "numbers"
    portal.said("jobs", "1", json.dumps({"to": 40, "file": str(file), "pause": 0.05}))
    workers.append(portal.worker())
    wait_until(lambda: len(noted(file)) >= 5)
    workers[0].terminate()
    assert workers[0].wait(PATIENCE) == 0
    state, deaths, checkpoint = portal.rows(JOBS)[-1]
    assert (state, deaths, json.loads(checkpoint)["next"]) == ("waiting", 0, len(noted(file)))
    assert len(noted(file)) < 40
    workers.append(portal.worker())
    wait_until(lambda: len(noted(file)) == 40)
    assert noted(file) == [str(n) for n in range(40)]


@pytest.fixture(scope="module")
def on_postgresql(tmp_path_factory):
    try:
        postgres = Postgres.start()
    except PostgresMissing as missing:
        pytest.skip(str(missing))
    yield Portal(tmp_path_factory.mktemp("postgresql"), DATABASE_URL=postgres.url)
    postgres.stop()


def test_two_workers_take_each_job_and_each_capture_once(on_postgresql, workers, tmp_path):
    file = tmp_path / "numbers"
    on_postgresql.said("captures", "40")
    on_postgresql.said("jobs", "30", json.dumps({"to": 1, "file": str(file)}))
    workers.extend([on_postgresql.worker(), on_postgresql.worker()])

    states = "SELECT DISTINCT state FROM accounts_job UNION SELECT DISTINCT state FROM attendance_capture"
    wait_until(lambda: on_postgresql.rows(states) == [("done",)])
    for process in workers:
        process.terminate()
        assert process.wait(PATIENCE) == 0
    captures = on_postgresql.rows("SELECT attempts, waits, count(*) FROM attendance_capture GROUP BY 1, 2")
    assert captures == [(1, 0, 40)]
    assert on_postgresql.rows("SELECT deaths, count(*) FROM accounts_job GROUP BY 1") == [(0, 30)]
    assert noted(file) == ["0"] * 30


def test_what_another_process_is_taking_is_passed_over_not_waited_for(on_postgresql):
    assert on_postgresql.said("skip") == {"capture": True, "job": True}
