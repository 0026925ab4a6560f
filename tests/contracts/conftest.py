"""Fixtures of the stores' contracts: real rows of two schools, so that every store accepts the ids."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from threading import Barrier, Thread
from uuid import UUID, uuid4

import pytest
from botocore.loaders import create_loader
from django.db import connection
from moto import mock_aws

from accounts.models import Institution
from accounts.pending import pending
from attendance.models import ClassSession
from attendance.repositories.dynamodb import DynamoAttendanceRepository
from enrollment.models import Course, Student
from enrollment.repositories.dynamodb import DynamoFaceIdRepository
from portal.aws import clients
from portal.aws.clients import client, forget_clients

# Every store that keeps a contract: Django's ORM, DynamoDB as moto imitates it in this process, and as ministack does
# behind a socket. moto is quick and forgiving, ministack is slower and answers as AWS does.
STORES = ("orm", "moto", pytest.param("ministack", marks=pytest.mark.aws_local))

# Threads see each other's rows only where they are committed. Any other test is rolled back, which is quicker.
races = pytest.mark.django_db(transaction=True)

FIRST_LESSON = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass
class School:
    """A school with three students and two courses of daily lessons."""

    institution: Institution
    students: list[UUID]
    courses: list[UUID]
    sessions: list[ClassSession] = field(default_factory=list)

    def lesson(self, starts_at: datetime = FIRST_LESSON, *, course: int = 0) -> ClassSession:
        session = ClassSession.objects.create(
            institution=self.institution,
            course_id=self.courses[course],
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=50),
        )
        self.sessions.append(session)
        return session


def found_school(slug: str) -> School:
    institution = Institution.objects.create(slug=slug, name=slug.title(), time_zone="Europe/London")
    students = [
        Student.objects.create(institution=institution, name=f"Student {n}", roll_number=f"{n}").pk for n in range(3)
    ]
    courses = [Course.objects.create(institution=institution, code=f"C{n}", name=f"Course {n}").pk for n in range(2)]
    return School(institution, students, courses)


@pytest.fixture(scope="session", autouse=True)
def botocore_reads_its_models_once():
    """Spare each test's clients the parsing of megabytes of JSON, which took half of a test's time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.session.create_loader", cache(create_loader))
        yield


@pytest.fixture(params=STORES)
def backend(request):
    """The store under test, by name, in settings and in readiness."""
    if request.param == "moto" and request.node.get_closest_marker("django_db"):
        pytest.skip("moto keeps threads apart neither in conditions nor in transactions: ministack does")
    if request.param != "orm":
        request.getfixturevalue(f"stores_on_{request.param}")
    return request.param


@pytest.fixture
def stores_on_moto(aws_credentials, dynamodb_chosen, monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL_DYNAMODB", raising=False)
    # One call at a time: moto copies its tables without a lock, and fails where another thread writes meanwhile.
    monkeypatch.setitem(clients._threads, (os.getpid(), "dynamodb"), ThreadPoolExecutor(1))
    with mock_aws():
        forget_clients()
        ensure_tables()
        yield
    forget_clients()


@pytest.fixture
def stores_on_ministack(ministack, aws_endpoint, dynamodb_chosen):
    """The tables are made once and kept: every test has schools of its own, and sees nothing of the others'."""
    aws_endpoint("dynamodb", ministack.url)
    ensure_tables()


@pytest.fixture
def dynamodb_chosen(settings):
    settings.AWS_PREFIX = "contracts"
    settings.ATTENDANCE_REPOSITORY = {"BACKEND": _path(DynamoAttendanceRepository), "OPTIONS": {}}
    settings.FACE_ID_REPOSITORY = {"BACKEND": _path(DynamoFaceIdRepository), "OPTIONS": {}}
    yield
    pending.take()  # the schools that these units were counted for go with the test


def ensure_tables():
    """Make the stores' tables where they are missing. Both local servers have them ready at once."""
    dynamodb = client("dynamodb")
    existing = dynamodb.list_tables()["TableNames"]
    for table in (*DynamoAttendanceRepository.tables(), *DynamoFaceIdRepository.tables()):
        if table.name not in existing:
            dynamodb.create_table(**table.create_arguments())


def _path(backend):
    return f"{backend.__module__}.{backend.__qualname__}"


@pytest.fixture
def here(db):
    return found_school("here")


@pytest.fixture
def there(db):
    return found_school("there")


@pytest.fixture
def lesson(here):
    return here.lesson()


@pytest.fixture
def person():
    return uuid4()


def at_once(*calls):
    """Run the calls in threads that begin together; their results, or what they raised, in order."""
    gate, results = Barrier(len(calls)), [None] * len(calls)

    def run(n, call):
        gate.wait(timeout=10)
        try:
            results[n] = call()
        except Exception as error:
            results[n] = error
        finally:
            connection.close()

    threads = [Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert not any(thread.is_alive() for thread in threads)
    return results
