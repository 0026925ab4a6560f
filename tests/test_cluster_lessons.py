"""A lesson on several machines: pages at different webs see each other's marks, and of two who mark somebody
differently at once one is told."""

import json
import re
import subprocess
import sys
import threading

import psycopg
import pytest

from tests.aws.mode import ROOT
from tests.visitor import Visitor

pytestmark = [pytest.mark.thorough, pytest.mark.xdist_group("nginx")]
# The demo's class, whose accounts sign in here as if they were no demo's.
LESSON = """
import json
import django
django.setup()
from attendance.demo.school import PASSWORD, TEACHER
from attendance.demo.seed import demo_seed
from attendance.register.sessions import session_open
from accounts.models import User

lesson = demo_seed(with_history=False, say=lambda line: None)
User.objects.update(is_demo=False)
session_open(session=lesson, by=User.objects.get(email=TEACHER.email))
print(json.dumps({"address": f"/{lesson.institution.slug}/sessions/{lesson.pk}/", "pk": str(lesson.pk),
    "email": TEACHER.email, "password": PASSWORD}))
"""


@pytest.fixture(scope="module")
def lesson(cluster):
    """The open lesson's address and its teacher."""
    env = cluster.env | {"DEMO": "true", "DJANGO_SETTINGS_MODULE": "portal.settings"}
    made = subprocess.run(
        [sys.executable, "-c", LESSON], cwd=ROOT, env=env, check=True, stdout=subprocess.PIPE, text=True
    )
    return json.loads(made.stdout.splitlines()[-1])


@pytest.fixture
def query(cluster, lesson):
    """Asks the cluster's own database; `{}` stands for the lesson's id. Before each test nobody is marked."""
    with psycopg.connect(cluster.postgres.url, autocommit=True) as connection:

        def asked(sql):
            found = connection.execute(sql.replace("{}", f"'{lesson['pk']}'"))
            return found.fetchall() if found.description else None

        asked("TRUNCATE attendance_capture, attendance_markrow, attendance_markversion CASCADE")
        asked("UPDATE attendance_registerversion SET number = number + 1")  # pages are to see it
        yield asked


@pytest.fixture
def teacher(cluster, lesson):
    """Someone who has signed in as the teacher; called, another page of theirs."""

    def signed_in():
        visitor = Visitor(cluster.port, cluster.certificate)
        visitor.sign_in(lesson["email"], lesson["password"])
        visitor.ask("GET", lesson["address"])
        return visitor

    return signed_in


def act(visitor, lesson, path, **form):
    form |= {"csrfmiddlewaretoken": visitor.cookies["csrftoken"]}
    return visitor.ask("POST", lesson["address"] + path, form, **{"HX-Request": "true"})


def live(visitor, lesson, tag=""):
    return visitor.ask("GET", lesson["address"] + "live/", **{"HX-Request": "true", "If-None-Match": tag})


def students(page):
    return re.findall(r'id="row-([0-9a-f-]{36})"', page.body)


def test_a_mark_made_at_one_web_is_seen_by_pages_at_each(teacher, lesson, query):
    mine, theirs = teacher(), teacher()
    known = live(theirs, lesson)
    somebody = students(known)[0]
    assert act(mine, lesson, f"marks/{somebody}/", status="P", version=0).status == 200
    changed = [live(theirs, lesson, known.headers["ETag"]) for _ in range(8)]  # nginx asks both webs
    assert {answer.status for answer in changed} == {200}
    assert all(re.search(rf'id="row-{somebody}"[^>]*data-said="P"', answer.body) for answer in changed)
    assert {answer.headers["ETag"] for answer in changed} == {changed[0].headers["ETag"]}
    assert {live(theirs, lesson, changed[0].headers["ETag"]).status for _ in range(8)} == {304}


def test_a_register_comes_compressed_and_its_tag_is_known_all_the_same(teacher, lesson, query):
    visitor = teacher()
    wanted = {"HX-Request": "true", "Accept-Encoding": "gzip"}
    whole = visitor.ask("GET", lesson["address"] + "live/", **wanted)
    assert (whole.headers["Content-Encoding"], whole.headers["ETag"][:2]) == ("gzip", "W/")
    assert 'id="register"' in whole.body
    again = visitor.ask("GET", lesson["address"] + "live/", **wanted, **{"If-None-Match": whole.headers["ETag"]})
    assert again.status == 304
    assert visitor.ask("GET", "/riverside/", **wanted).headers["Content-Encoding"] is None


def test_of_two_who_mark_somebody_differently_at_once_one_is_told(teacher, lesson, query):
    visitors = (teacher(), teacher())
    for student in students(live(visitors[0], lesson))[:8]:
        gate, said = threading.Barrier(2), []

        def mark(visitor, status, gate=gate, said=said, student=student):
            gate.wait()
            said.append(act(visitor, lesson, f"marks/{student}/", status=status, version=0).body)

        threads = [threading.Thread(target=mark, args=pair) for pair in zip(visitors, "PA", strict=True)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted("toast-note error" in text for text in said) == [False, True]
    assert query("SELECT count(*), max(version) FROM attendance_markrow WHERE session_id = {}") == [(8, 1)]
