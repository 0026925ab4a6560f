"""Health at an address of its own: in the real web server, all of whose threads are busy, and by itself."""

import http.client
import json
import os
import select
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from portal import health
from portal.health_server import health_serve, health_withdraw

ROOT = Path(__file__).resolve().parent.parent


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def asked(port, path, method="GET"):
    """A connection on which this was asked; nobody has read the answer yet."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request(method, path)
    return connection


def answer(connection):
    response = connection.getresponse()
    return response.status, response.read()


def is_answered(connection):
    return bool(select.select([connection.sock], [], [], 0)[0])


def is_alive(port):
    with suppress(ConnectionError):  # one that came to the process that withdrew
        return answer(asked(port, "/health/live")) == (200, b'{"status": "ok"}')


def wait_for(condition):
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.05)


def listens(port):
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def busy(tmp_path):
    """Waitress with one thread, and the file that lets its thread go."""
    port, own, until = free_port(), free_port(), tmp_path / "until"
    env = os.environ | {
        "DATA_DIR": str(tmp_path), "DATABASE_URL": f"sqlite:///{tmp_path}/portal.sqlite3", "HTTPS": "false",
        "DJANGO_SETTINGS_MODULE": "portal.settings", "HEALTH_LISTEN": f"127.0.0.1:{own}", "HOLD_UNTIL": str(until),
    }  # fmt: skip
    command = [sys.executable, "-m", "waitress", f"--listen=127.0.0.1:{port}", "--threads=1", "tests.busy:application"]
    server = subprocess.Popen(command, cwd=ROOT, env=env)
    try:
        wait_for(lambda: listens(port) and listens(own))
        yield port, own, until
    finally:
        until.touch()
        server.terminate()
        server.wait(20)


@pytest.mark.thorough
def test_a_server_whose_threads_are_all_busy_is_alive_and_ready(busy):
    port, own, until = busy
    held = asked(port, "/hold/")
    wait_for(until.with_suffix(".held").exists)
    beside = asked(port, "/health/live")  # as a balancer would ask without the setting
    assert answer(asked(own, "/health/live")) == (200, b'{"status": "ok"}')
    wait_for(lambda: answer(asked(own, "/health/ready"))[0] == 200)  # once its networks are loaded
    assert not is_answered(beside)
    until.touch()
    assert answer(held) == (200, b"released")
    assert answer(beside) == (200, b'{"status": "ok"}')


@pytest.fixture(scope="module")
def port():
    """The port of a server in this process, whose thread ends with it."""
    port = free_port()
    assert health_serve(f"127.0.0.1:{port}")
    return port


class TestByItself:
    def test_not_ready_says_why(self, port, monkeypatch):
        monkeypatch.setattr(health, "CHECKS", {"database": lambda: 1 / 0})
        monkeypatch.setattr(health, "IMPAIRMENTS", {"faces": lambda: 1 / 0, "cache": lambda: None})
        status, body = answer(asked(port, "/health/ready"))
        assert (status, json.loads(body)) == (
            503,
            {"status": "unavailable", "faults": ["database"], "impaired": ["faces"]},
        )

    @pytest.mark.parametrize("path", ["/", "/health/", "/account/login/", "/health/live/"])
    def test_nothing_else_is_there(self, port, path):
        assert answer(asked(port, path))[0] == 404

    @pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("POST", 405), ("DELETE", 405)])
    def test_other_methods(self, port, method, status):
        told, body = answer(asked(port, "/health/live", method))
        assert (told, bool(body)) == (status, method != "HEAD")

    def test_an_address_that_another_program_has_taken_stops_nobody(self, caplog):
        with socket.create_server(("127.0.0.1", 0)) as other:
            assert not health_serve(f"127.0.0.1:{other.getsockname()[1]}")
        assert "cannot be served" in caplog.text

    def test_one_that_cannot_be_read(self):
        with pytest.raises(ValueError, match="eight"):
            health_serve("127.0.0.1:eight")

    def test_who_withdraws_is_found_no_longer(self):
        port = free_port()
        assert health_serve(f"127.0.0.1:{port}")
        assert answer(asked(port, "/health/live"))[0] == 200
        health_withdraw()
        wait_for(lambda: not listens(port))


@pytest.mark.skipif(not hasattr(socket, "SO_REUSEPORT"), reason="only where processes can share an address")
def test_a_process_that_relieves_another_answers_at_the_same_address():
    port = free_port()
    assert health_serve(f"127.0.0.1:{port}")
    serving = f"assert health_serve('127.0.0.1:{port}'); print(flush=True); input()"
    command = f"import django; django.setup(); from portal.health_server import health_serve; {serving}"
    with subprocess.Popen(
        [sys.executable, "-c", command], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout.readline()
        health_withdraw()
        wait_for(lambda: is_alive(port))
        other.kill()
