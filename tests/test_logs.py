"""Log lines: found together by request, school and job, as JSON where that is wanted, and nobody's name in them."""

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import override_settings

from accounts.jobs import job_run, job_start
from accounts.jobs.kinds import _kinds, job_kind
from accounts.jobs.queue import job_claim
from accounts.log_context import ContextFilter, PlainFormatter, json_formatter, log_add, logged_as, without_people

ROOT = Path(__file__).resolve().parent.parent


class Lines(logging.Handler):
    """Keeps what the root logger would write."""

    def __init__(self, formatter):
        super().__init__()
        self.setFormatter(formatter)
        self.addFilter(ContextFilter())
        self.lines = []

    def emit(self, record):
        self.lines.append(self.format(record))


@pytest.fixture
def lines():
    handler = Lines(json_formatter())
    root = logging.getLogger()
    root.addHandler(handler)
    before = root.level
    root.setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in handler.lines]
    root.setLevel(before)
    root.removeHandler(handler)


def test_a_request_s_lines_name_it_and_the_school(client, tess, sign_in, lines):
    with override_settings(LOG_REQUESTS=True):
        answer = sign_in(tess).get("/riverside/")
    [line] = [line for line in lines() if line["logger"] == "portal.requests"]
    assert line["request_id"] == answer["X-Request-ID"]
    assert line["school"] == "riverside"
    assert line["route"] == "<slug:institution>/"
    assert line["status"] == answer.status_code
    assert line["level"] == "INFO"
    logging.getLogger("later").warning("no request")
    assert "request_id" not in lines()[-1]
    assert "school" not in lines()[-1]


def test_a_line_a_request_only_where_that_is_wanted(client, db, lines):
    client.get("/accounts/login/")
    assert [line for line in lines() if line["logger"] == "portal.requests"] == []


def test_a_route_stands_for_an_address(client, db, lines):
    with override_settings(LOG_REQUESTS=True):
        client.get("/no/such/secret-link")
    [line] = [line for line in lines() if line["logger"] == "portal.requests"]
    assert "secret-link" not in json.dumps(line)


@pytest.mark.parametrize(
    ("proxies", "given", "is_taken"),
    [([], "a" * 20, False), (["127.0.0.1"], "a" * 20, True), (["127.0.0.1"], "x\nforged", False)],
)
def test_a_trusted_proxy_s_id_is_taken(client, db, settings, proxies, given, is_taken):
    from accounts.network import parse_networks

    settings.TRUSTED_PROXIES = parse_networks(",".join(proxies))
    answer = client.get("/accounts/login/", headers={"X-Request-ID": given})
    assert (answer["X-Request-ID"] == given) is is_taken


def test_a_job_s_lines_name_it_and_its_school(riverside, lines):
    @job_kind("logging", title="Logging", roles=[])
    def work(job):
        logging.getLogger("work").warning("at it")
        return {}

    try:
        job = job_start(institution=riverside, kind="logging", by=None)
        job_run(job=job_claim(job))
    finally:
        del _kinds["logging"]
    [line] = [line for line in lines() if line["logger"] == "work"]
    assert (line["job"], line["school"]) == (str(job.pk), "riverside")


def test_nobody_is_named(lines):
    logger = logging.getLogger("people")
    try:
        raise ValueError("duplicate key\nDETAIL:  Key (email)=(ada@example.org) already exists.\nelse")
    except ValueError:
        logger.exception("Mail to %s failed", "ada.marsh@example.org")
    text = json.dumps(lines()[-1])
    assert "example.org" not in text
    assert "ada" not in text
    assert "duplicate key" in text
    record = logging.LogRecord("x", logging.INFO, "", 0, "to %s", ("ada@example.org",), None)
    record.request_id = "1234"
    assert PlainFormatter("{message}", style="{").format(record) == "to …@… [1234]"
    assert without_people("nothing here") == "nothing here"


@pytest.mark.parametrize("letter", ["a", "a@b", "\n", " "])
def test_a_long_address_keeps_nobody_waiting(letter):
    """Of expressions that begin from each letter, 200,000 letters would take minutes, and every thread."""
    code = "import sys; from accounts.log_context import without_people as w; t = sys.stdin.read(); assert w(t) == t"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, input=letter * 200_000, text=True, check=True, timeout=30)


def test_what_is_added_within_is_forgotten(lines):
    with logged_as(request_id="r"):
        log_add(school="riverside")
        logging.getLogger("x").warning("in")
    logging.getLogger("x").warning("out")
    assert (lines()[-2]["school"], "school" in lines()[-1]) == ("riverside", False)


@pytest.mark.parametrize(("form", "is_json"), [("json", True), ("line", False)])
@pytest.mark.thorough
def test_a_real_process_writes_what_the_setting_says(tmp_path, form, is_json):
    code = "import django; django.setup(); import logging; logging.getLogger('x').warning('hello')"
    environment = {
        "DJANGO_SETTINGS_MODULE": "portal.settings", "SECRET_KEY": "x" * 50, "DATA_DIR": str(tmp_path),
        "LOG_FORMAT": form, "PATH": "/usr/bin:/bin", "DATABASE_URL": f"sqlite:///{tmp_path}/x.sqlite3",
    }  # fmt: skip
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    last = ran.stderr.splitlines()[-1]
    assert last.startswith("{") is is_json
    assert "hello" in last
