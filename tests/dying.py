"""A portal of its own whose processes die: what tests of a kill -9 have in common."""

import signal
import sqlite3
import subprocess
import sys
import time

from tests.aws.mode import ROOT, environment, worker

PATIENCE = 90  # seconds for the worker, on a busy machine


class DyingPortal:
    """A database of its own, and processes that work on it. script: the module that runs a step and dies in it."""

    def __init__(self, folder, script):
        self.folder, self.script = folder, script
        self.database = folder / "portal.sqlite3"
        self.env = environment(folder, DEMO="false", LOG_LEVEL="CRITICAL")

    def run(self, *command):
        return subprocess.run(
            [sys.executable, "-m", self.script, *command],
            cwd=ROOT, env=self.env, stdout=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip

    def sql(self, statement):
        connection = sqlite3.connect(self.database, timeout=30)
        with connection:
            rows = connection.execute(statement).fetchall()
        connection.close()
        return rows

    def end_leases(self):
        self.sql("UPDATE accounts_job SET lease_until = '2020-01-01 00:00:00' WHERE state = 'running'")

    def let_a_worker_finish(self):
        """Run the worker until no job waits any more, then ask it to stop; its exit code."""
        process = worker(self.env)
        deadline = time.monotonic() + PATIENCE
        while self.sql("SELECT 1 FROM accounts_job WHERE ended_at IS NULL") and time.monotonic() < deadline:
            time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        return process.wait(PATIENCE)
