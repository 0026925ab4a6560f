"""The whole product in AWS mode, on real processes: Rekognition, DynamoDB, S3, and PostgreSQL where it is installed.

Two web processes and a worker share everything; whatever one of them writes, the others show.
"""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
import requests

from attendance.demo.pictures import demo_class_photos
from attendance.demo.school import LOGINS
from tests.aws.mode import ROOT, Web, aws_mode, environment, prepare, stop, worker
from tests.aws.postgres import Postgres, PostgresMissing
from tests.aws.servers import LocalRekognition, Ministack, MinistackMissing

pytestmark = [pytest.mark.aws_local, pytest.mark.xdist_group("end to end")]
SEED = "from attendance.demo.seed import demo_seed; print(demo_seed(with_history=False, say=lambda line: None).pk)"
TEACHER = next(login.email for login in LOGINS if login.email.startswith("teacher"))
TOKEN = f"""
from accounts.models import User
from accounts.tokens.issuing import token_create
print(token_create(user=User.objects.get(email="{TEACHER}"), name="end to end", scope="write", days=7)[1])
"""
CLASS, DOOR = (data for _, data in demo_class_photos())


@pytest.fixture(scope="module")
def database():
    """Settings of the database for more than one machine; of SQLite where no PostgreSQL is installed."""
    try:
        postgres = Postgres.start()
    except PostgresMissing:
        yield {}
        return
    yield {"DATABASE_URL": postgres.url}
    postgres.stop()


@pytest.fixture(scope="module")
def rekognition():
    with LocalRekognition.start() as server:
        yield server


@pytest.fixture(scope="module")
def env(database, rekognition, tmp_path_factory):
    """The settings of an empty portal in AWS mode; its servers are its own, nobody else's test resets them."""
    rekognition.reset()
    try:
        ministack = Ministack.start()
    except MinistackMissing as missing:
        pytest.skip(str(missing))
    with ministack:
        mode = aws_mode(rekognition=rekognition.url, ministack=ministack.url)
        env = environment(tmp_path_factory.mktemp("aws"), **mode, **database)
        prepare(env)
        yield env


@pytest.fixture(scope="module")
def lesson(env):
    """The demo's lesson of now, its students enrolled through Rekognition."""
    return UUID(said(env, "shell", "--no-imports", "-c", SEED).split()[-1])


@pytest.fixture(scope="module")
def webs(env, lesson):
    """Two web processes and a worker."""
    webs = [Web(env), Web(env)]
    helper = worker(env)
    try:
        for web in webs:
            web.wait_until_ready()
        yield webs
    finally:
        for web in webs:
            web.stop()
        stop(helper)


@pytest.fixture(scope="module")
def teacher(env, lesson, webs):
    """The API as the teacher uses it, at either web process."""
    token = said(env, "shell", "--no-imports", "-c", TOKEN).split()[-1]
    return [Teacher(f"{web.url}/api/riverside/sessions/{lesson}/", token) for web in webs]


class Teacher:
    def __init__(self, root, token):
        self.root, self.headers = root, {"Authorization": f"Token {token}"}

    def get(self, path=""):
        return requests.get(self.root + path, headers=self.headers, timeout=60).json()

    def post(self, path, **body):
        return requests.post(self.root + path, json=body, headers=self.headers, timeout=60)

    def put(self, path, **body):
        return requests.put(self.root + path, json=body, headers=self.headers, timeout=60)

    def photo(self, data):
        files = {"picture": ("class.jpg", data, "image/jpeg")}
        body = {"nonce": str(uuid4())}
        return requests.post(self.root + "captures/", files=files, data=body, headers=self.headers, timeout=120)

    def marks(self):
        return {row["student"]["id"]: row["mark"]["status"] for row in self.get("marks/") if row["mark"]}


def said(env, *command):
    done = subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=env, check=True, capture_output=True)
    return done.stdout.decode()


def test_provisioned_means_checked(env, lesson):
    said(env, "provision_aws")
    assert said(env, "provision_aws", "--check")


def test_two_photos_at_once_fill_one_register(rekognition, teacher):
    first, second = teacher
    assert first.post("open/").status_code == 200
    before = rekognition.calls()
    rekognition.quota("SearchFacesByImage", 50)
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(Teacher.photo, teacher, (CLASS, DOOR)))
    faces = [len(answer.json()["faces"]) for answer in answers]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert faces == [32, 8]
    searches = rekognition.calls()["SearchFacesByImage"] - before.get("SearchFacesByImage", 0)
    assert searches == sum(faces)  # one call a face, none of them refused: the two processes keep one pace
    assert first.marks() == second.marks()
    assert len(first.marks()) >= 30


def test_the_photo_says_person_not_recognized(teacher):
    counts = teacher[1].get()["counts"]
    assert counts["not_recognized"] >= 2
    assert counts["here"] >= 30


def test_of_two_people_who_mark_at_once_one_is_told(teacher):
    missing = [row["student"]["id"] for row in teacher[0].get("marks/") if row["mark"] is None]
    bodies = [{"status": "E", "note": "at the doctor's"}, {"status": "A", "note": ""}]

    def mark(pair):
        return pair[0].put(f"marks/{missing[0]}/", expected_version=0, **pair[1]).status_code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(mark, zip(teacher, bodies, strict=True))) == [200, 409]
    assert len(teacher[1].get(f"marks/{missing[0]}/audit/")) == 1


def test_what_waits_is_taken_up_by_the_worker(rekognition, teacher):
    rekognition.quota("SearchFacesByImage", 0.001)
    answer = teacher[0].photo(DOOR)
    assert answer.status_code == 202
    assert teacher[1].get()["counts"]["pictures_waiting"] == 1
    rekognition.quota("SearchFacesByImage", None)
    wait_until(lambda: teacher[1].get()["counts"]["pictures_waiting"] == 0)


def test_closing_at_one_is_closed_at_the_other(teacher):
    first, second = teacher
    assert first.post("close/").status_code == 200
    assert second.get()["session"]["state"] == "closed"
    assert all(row["mark"] for row in second.get("marks/"))


def wait_until(true, seconds=90):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.5)
