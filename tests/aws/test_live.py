"""A real AWS account: little, once each, and nothing left behind. Costs some cents.

    AWS_PROFILE=… AWS_REGION=eu-west-1 pytest -m live tests/aws/test_live.py

Tables, bucket and collection get names of their own (`attendance-live-…`) and are deleted at the end. The credentials
need the rights that `provision_aws --policy` prints for that prefix, and the deletion of what they made. The same tests
run against the local servers: `python -m tests.aws -- pytest -m live tests/aws/test_live.py`.
"""

import time
from contextlib import suppress
from datetime import timedelta
from io import StringIO
from urllib.request import urlopen
from uuid import uuid4

import boto3
import pytest
from botocore.exceptions import ClientError
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.utils import timezone

from attendance.demo.orl import orl_photo
from attendance.models import ClassSession
from attendance.repositories import marks_for
from attendance.repositories.base import MarkChanged
from enrollment.domain.faces import LooksLike
from enrollment.faces import faces_for
from enrollment.repositories import face_ids_for
from portal.aws.clients import client, forget_clients
from tests.contracts.marks import A, P, by_hand, mark_of
from tests.enrollment.faces.conftest import tiles

pytestmark = [pytest.mark.live, pytest.mark.django_db]
PATIENCE = 60  # seconds for what AWS writes when it has time


@pytest.fixture(autouse=True)
def account(request, settings):
    """An account that somebody meant to use, and names of its own in it."""
    wanted = request.config.getoption("-m")
    if "live" not in wanted or "not live" in wanted:
        pytest.skip("Calls a real AWS account, with costs. To do so: pytest -m live tests/aws/test_live.py")
    session = boto3.session.Session()
    if session.get_credentials() is None:
        pytest.skip("There are no AWS credentials here: state a profile or keys, and AWS_REGION.")
    settings.AWS_REGION = settings.AWS_REGION or session.region_name or ""
    if not settings.AWS_REGION:
        pytest.skip("It is not said in which Region: state AWS_REGION.")
    settings.AWS_PREFIX = f"attendance-live-{uuid4().hex[:8]}"
    cache.clear()
    forget_clients()
    yield
    forget_clients()


def provision():
    """Create what the settings need, and see that the check then finds nothing to say."""
    call_command("provision_aws", stdout=StringIO())
    call_command("provision_aws", "--check", stdout=StringIO())


def eventually(call, wanted):
    """AWS promises no moment for some of what it stores."""
    until = time.monotonic() + PATIENCE
    while (found := call()) != wanted and time.monotonic() < until:
        time.sleep(1)
    assert found == wanted


@pytest.fixture(params=[{}, {"users": True}, {"detector": "rekognition"}], ids=["faces", "users", "detects"])
def engine(request, settings, account, riverside):
    settings.FACE_ENGINE = {
        "BACKEND": "enrollment.faces.rekognition.engine.RekognitionFaceEngine",
        "OPTIONS": {**request.param, "max_wait": PATIENCE},
    }
    provision()
    engine = faces_for(riverside)
    yield engine
    client("rekognition").delete_collection(CollectionId=engine.collection.name)


def test_faces(engine, riverside, sam, sita):
    mapping = face_ids_for(riverside)
    for number in (1, 2):
        engine.enroll(orl_photo(1, number), student_id=sam.pk)
    engine.enroll(orl_photo(2, 1), student_id=sita.pk)

    def seen():
        faces = engine.identify(tiles([1, 2, 3], columns=3), candidates=[sam.pk])
        return [(sure(face.matches[:1]), sure([face.elsewhere])) for face in faces]

    def sure(matches):
        return [m.student_id for m in matches if m and m.similarity >= engine.calibration.accept_threshold]

    eventually(seen, [([sam.pk], []), ([], [sita.pk]), ([], [])])
    assert engine.calibration.model.startswith("rekognition-")
    with pytest.raises(LooksLike):
        engine.enroll(orl_photo(1, 3), student_id=sita.pk)
    ids = [*mapping.for_student(sam.pk), *mapping.for_student(sita.pk)]
    assert len(ids) == 3
    assert engine.forget(ids).remaining == ()
    assert (mapping.for_student(sam.pk), engine.collection.faces_of([sam.pk, sita.pk])) == ([], {})


@pytest.fixture
def tables(settings, account, db):
    settings.FACE_ID_REPOSITORY = {"BACKEND": "enrollment.repositories.dynamodb.DynamoFaceIdRepository"}
    settings.ATTENDANCE_REPOSITORY = {"BACKEND": "attendance.repositories.dynamodb.DynamoAttendanceRepository"}
    names = [f"{settings.AWS_PREFIX}-{name}" for name in ("faces", "marks")]
    try:
        provision()
        yield
    finally:
        for name in names:
            delete_table(name)


def delete_table(name):
    dynamodb = client("dynamodb")
    with suppress(ClientError):
        dynamodb.update_table(TableName=name, DeletionProtectionEnabled=False)
        dynamodb.get_waiter("table_exists").wait(TableName=name)
        dynamodb.delete_table(TableName=name)


def test_stores(tables, riverside, physics, sam, sita):
    mapping, store, teacher = face_ids_for(riverside), marks_for(riverside), uuid4()
    mapping.put("face-1", sam.pk)
    mapping.put("face-2", sita.pk)
    assert mapping.get_many(["face-1", "face-2", "face-3"]) == {"face-1": sam.pk, "face-2": sita.pk}
    eventually(lambda: mapping.for_student(sam.pk), ["face-1"])

    start = timezone.now().replace(microsecond=0)
    lesson = ClassSession.objects.create(
        institution=riverside, course=physics, starts_at=start, ends_at=start + timedelta(minutes=50)
    )
    marks = [mark_of(lesson, student.pk) for student in (sam, sita)]
    assert len(store.mark_many(marks)) == 2
    assert store.mark_many(marks) == []
    corrected = store.correct(by_hand(lesson, sam.pk, teacher, A), expected_version=1)
    with pytest.raises(MarkChanged):
        store.correct(by_hand(lesson, sam.pk, teacher, P), expected_version=1)
    assert store.mark_many(marks) == []
    assert {pk: mark.status for pk, mark in store.for_session(lesson.pk).items()} == {sam.pk: A, sita.pk: P}
    assert [mark.status for mark in store.audit(lesson.pk, sam.pk)] == [P, A]
    eventually(lambda: store.for_student(sam.pk).marks, (corrected,))

    store.purge_student(sam.pk)
    mapping.purge_student(sam.pk)
    eventually(lambda: set(store.for_session(lesson.pk)), {sita.pk})
    assert mapping.get_many(["face-1", "face-2"]) == {"face-2": sita.pk}


@pytest.fixture
def bucket(settings, account, db):
    name = f"attendance-live-{uuid4().hex[:16]}"
    settings.PICTURES_BUCKET = name
    options = {"bucket_name": name, "querystring_expire": 60}
    storage = {"BACKEND": "portal.aws.storage.PrivatePictureStorage", "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "default": storage}
    try:
        provision()
        yield name
    finally:
        delete_bucket(name)


def delete_bucket(name):
    s3 = client("s3")
    with suppress(ClientError):
        for kept in s3.list_objects_v2(Bucket=name).get("Contents", []):
            s3.delete_object(Bucket=name, Key=kept["Key"])
        s3.delete_bucket(Bucket=name)


def test_pictures(bucket, riverside):
    name = default_storage.save(f"captures/{riverside.pk}/one.jpg", ContentFile(b"a picture"))
    with default_storage.open(name) as file:
        assert file.read() == b"a picture"
    with urlopen(default_storage.url(name), timeout=20) as answer:  # noqa: S310
        assert answer.read() == b"a picture"
    default_storage.delete(name)
    assert not default_storage.exists(name)
