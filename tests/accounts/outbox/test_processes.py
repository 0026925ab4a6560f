"""Real processes on PostgreSQL and a real mail server: nothing is sent twice, whichever process is killed."""

import signal
import subprocess
import sys
import time
from contextlib import closing

import psycopg
import pytest

from tests.accounts.outbox.server import Server
from tests.aws.mode import ROOT, environment, manage
from tests.aws.postgres import Postgres, PostgresMissing

pytestmark = [pytest.mark.thorough, pytest.mark.xdist_group("outbox")]
PATIENCE = 90  # seconds, on a busy machine
MAILS = 60


class Portal:
    """A database of its own, and processes that send its mails."""

    def __init__(self, folder, url):
        self.env = environment(folder, DEMO="false", LOG_LEVEL="CRITICAL", DATABASE_URL=url)
        self.started = []
        manage(self.env, "migrate", "-v0")

    def start(self, *command, **settings):
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.accounts.outbox.work", *command], cwd=ROOT, env={**self.env, **settings}
        )
        self.started.append(process)
        return process

    def run(self, *command, **settings):
        assert self.start(*command, **settings).wait(PATIENCE) == 0

    def sql(self, statement):
        with closing(psycopg.connect(self.env["DATABASE_URL"])) as connection, connection:
            found = connection.execute(statement)
            return found.fetchall() if found.description else []

    def states(self):
        return dict(self.sql("SELECT state, count(*) FROM accounts_outboxmail GROUP BY 1"))

    def until(self, true):
        end = time.monotonic() + PATIENCE
        while not true():
            assert time.monotonic() < end, self.states()
            time.sleep(0.1)

    def end_leases(self):
        self.sql("UPDATE accounts_outboxmail SET lease_until = '2020-01-01' WHERE lease_until IS NOT NULL")

    def end(self):
        for process in self.started:
            if process.poll() is None:
                process.kill()
            process.wait(PATIENCE)


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    try:
        postgres = Postgres.start()
    except PostgresMissing as missing:
        pytest.skip(str(missing))
    yield Portal(tmp_path_factory.mktemp("outbox"), postgres.url)
    postgres.stop()


@pytest.fixture
def server():
    server = Server().start()
    yield server
    server.stop()


@pytest.fixture
def portal(database, server):
    database.env["EMAIL_URL"] = server.url
    database.sql("DELETE FROM accounts_outboxmail")
    database.run("queue", str(MAILS))
    yield database
    database.end()


def test_two_processes_send_each_mail_once(portal, server):
    for _process in range(2):
        portal.start("worker")
    portal.until(lambda: portal.states() == {"sent": MAILS})
    assert sorted(server.addresses) == sorted(f"n{n}@example.org" for n in range(MAILS))
    assert len(set(server.ids)) == MAILS


def test_killed_after_the_server_took_a_mail(portal, server):
    """The twelfth is with the server, and nobody wrote so: it is not sent again, and the portal says what it knows."""
    first = portal.start("worker")
    server.kills = (first.pid, 12)
    assert first.wait(PATIENCE) == -signal.SIGKILL
    assert portal.states() == {"sent": 11, "sending": 1, "waiting": MAILS - 12}

    portal.start("worker")
    portal.until(lambda: portal.states() == {"sent": MAILS - 1, "sending": 1})
    portal.end_leases()
    portal.run("expire")
    assert portal.states() == {"sent": MAILS - 1, "unknown": 1}
    assert len(server.received) == len(set(server.ids)) == MAILS


def test_killed_while_it_wrote_a_mail(portal, server):
    """Nothing has left: the mail is taken up again, and arrives once."""
    first = portal.start("worker", DIES="composing")
    assert first.wait(PATIENCE) == -signal.SIGKILL
    assert portal.states()["preparing"] == 1
    portal.end_leases()
    portal.start("worker")
    portal.until(lambda: portal.states() == {"sent": MAILS})
    assert len(server.received) == len(set(server.ids)) == MAILS
