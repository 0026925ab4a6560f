"""A school with registers in the database, and DynamoDB beside it as moto imitates it."""

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import cache, partial

import pytest
from botocore.loaders import create_loader
from moto import mock_aws

from accounts.pending import pending
from attendance.domain.marks import Closing, Mark
from attendance.domain.statuses import Source, Status
from attendance.repositories.dynamodb import DynamoAttendanceRepository
from attendance.repositories.orm import OrmAttendanceRepository
from portal.aws import clients
from portal.aws.clients import client, forget_clients
from tests.contracts.conftest import FIRST_LESSON, found_school

ORM = {"BACKEND": "attendance.repositories.orm.OrmAttendanceRepository", "OPTIONS": {}}
DYNAMODB = {"BACKEND": "attendance.repositories.dynamodb.DynamoAttendanceRepository", "OPTIONS": {}}
MIRRORED = "attendance.repositories.mirrored.MirroredAttendanceRepository"
LESSONS = 6


@pytest.fixture(scope="session", autouse=True)
def botocore_reads_its_models_once():
    """Spare each test's clients the parsing of megabytes of JSON."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.session.create_loader", cache(create_loader))
        yield


@pytest.fixture
def dynamodb(aws_credentials, monkeypatch, settings):
    """The table of marks, empty."""
    settings.AWS_PREFIX = "moving"
    monkeypatch.delenv("AWS_ENDPOINT_URL_DYNAMODB", raising=False)
    monkeypatch.setitem(clients._threads, (os.getpid(), "dynamodb"), ThreadPoolExecutor(1))  # moto has no locks
    with mock_aws():
        forget_clients()
        client("dynamodb").create_table(**DynamoAttendanceRepository.tables()[0].create_arguments())
        yield
    forget_clients()
    pending.take()


def mark_of(lesson, student, **fields):
    given = {"status": Status.PRESENT, "source": Source.PHOTO, "marked_at": lesson.starts_at + timedelta(minutes=2)}
    return Mark(lesson.pk, lesson.course_id, student, lesson.starts_at, **(given | fields))


@pytest.fixture
def school(db):
    """Registers of six lessons, one of them open; each third mark was corrected."""
    found = found_school("riverside")
    store = OrmAttendanceRepository(found.institution)
    for number in range(LESSONS):
        lesson = found.lesson(FIRST_LESSON + timedelta(days=number))
        store.mark_many([mark_of(lesson, student) for student in found.students])
        late = partial(mark_of, status=Status.LATE, source=Source.HAND, minutes_late=number, note="bus")
        store.correct(late(lesson, found.students[0]), expected_version=1)
        if number:
            close(store, lesson)
    return found


def close(store, lesson):
    marks = store.for_session(lesson.pk)
    store.close_session(
        Closing(
            session_id=lesson.pk, course_id=lesson.course_id, day=lesson.starts_at.date(),
            counts={Status.PRESENT: 2, Status.LATE: 1}, closed_at=lesson.ends_at, held_at=lesson.starts_at, marks=marks,
        )
    )  # fmt: skip


@pytest.fixture
def here(school):
    return OrmAttendanceRepository(school.institution)


@pytest.fixture
def there(school, dynamodb):
    return DynamoAttendanceRepository(school.institution)
