"""Several machines, as compose.yaml describes them: processes come, go and die, and visitors notice nothing."""

import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from tests.cluster import wait_for
from tests.cluster_fixtures import OPERATOR, OPERATOR_PASSWORD
from tests.visitor import Visitor

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent


def test_the_files_are_well_formed():
    lint = subprocess.run([BIN / "hadolint", "Dockerfile"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (lint.returncode, lint.stdout) == (0, "")
    schema = ["--builtin-schema", "vendor.compose-spec", "compose.yaml"]
    check = subprocess.run([BIN / "check-jsonschema", *schema], cwd=ROOT, capture_output=True, text=True, check=False)
    assert check.returncode == 0, check.stdout


def test_no_container_is_the_root_user_and_every_service_comes_back():
    services = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))["services"]
    assert {name for name, service in services.items() if service["restart"] == "no"} == {"release"}
    assert "\nUSER 10001\n" in (ROOT / "Dockerfile").read_text("utf-8")


def test_units_and_compose_start_the_same_commands():
    services = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))["services"]
    for name in ("web", "worker"):
        unit = (ROOT / "deploy" / "systemd" / f"attendance-{name}@.service").read_text("utf-8")
        same = services[name]["command"].replace("0.0.0.0:8000", "127.0.0.1:%i")
        assert f"ExecStart=/srv/attendance/portal/.venv/bin/{same}\n" in unit


@contextmanager
def rush(cluster):
    """Visitors who read and post all the time. The list of what went wrong for them, and how often they came."""
    wrong, came, over = [], [], threading.Event()

    def come():
        visitor = Visitor(cluster.port, cluster.certificate)
        visitor.sign_in(OPERATOR, OPERATOR_PASSWORD)
        while not over.is_set():
            page = visitor.ask("GET", "/schools/")
            form = {"csrfmiddlewaretoken": visitor.cookies["csrftoken"], "language": "de", "next": "/schools/"}
            said = visitor.ask("POST", "/account/language/", form)
            wrong.extend(answer.status for answer in (page, said) if answer.status not in (200, 302))
            came.append(1)

    visitors = [threading.Thread(target=come) for _ in range(3)]
    for visitor in visitors:
        visitor.start()
    yield wrong, came
    over.set()
    for visitor in visitors:
        visitor.join()


@pytest.mark.thorough
@pytest.mark.xdist_group("nginx")
class TestOneAfterTheOther:
    def test_both_webs_know_who_signed_in(self, cluster, visitor):
        visitor.sign_in(OPERATOR, OPERATOR_PASSWORD)
        assert [visitor.ask("GET", "/schools/").status for _ in range(8)] == [200] * 8

    def test_no_request_is_lost_while_webs_get_new_code(self, cluster):
        with rush(cluster) as (wrong, came):
            for web in cluster.webs:
                before = web.children()
                web.signal(signal.SIGHUP)
                wait_for(
                    lambda web=web, before=before: web.children() and not web.children() & before, "the new process"
                )
                web.wait_until_ready()
            seen = len(came)
            wait_for(lambda: len(came) > seen + 5, "a visitor")
        assert wrong == []

    def test_what_a_web_has_begun_is_finished_when_it_is_asked_to_end(self, cluster):
        web = cluster.webs[1]
        body = b"login=x&password=y"
        with socket.create_connection(("127.0.0.1", web.port), timeout=60) as connection:
            head = f"POST /account/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n\r\n"
            connection.sendall(head.encode() + body[:5])
            time.sleep(1)
            web.signal(signal.SIGTERM)
            wait_for(lambda: not web.is_ready(), "its farewell")  # balancers do not find it any more
            connection.sendall(body[5:])
            assert connection.recv(12).startswith(b"HTTP/1.1 ")
        assert web.wait() == 0
        cluster.restart(web)

    def test_a_web_that_dies_is_not_missed(self, cluster, visitor):
        cluster.webs[0].kill()
        try:
            assert [visitor.ask("GET", "/account/login/").status for _ in range(10)] == [200] * 10
        finally:
            cluster.restart(cluster.webs[0])

    def test_without_the_cache_the_pages_go_on(self, cluster, visitor):
        cluster.cache.stop()
        try:
            assert [visitor.ask("GET", "/account/login/").status for _ in range(4)] == [200] * 4
            assert all(web.is_ready() for web in cluster.webs)
        finally:
            cluster.cache.start()
