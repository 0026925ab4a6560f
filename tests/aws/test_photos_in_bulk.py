"""Photos in bulk in AWS mode: Rekognition enrols, DynamoDB maps the faces, S3 keeps waiting and enrolled photos."""

import pytest
from django.core.management import call_command
from PIL import Image

from accounts.jobs import job_take_up_next
from enrollment.batches.choosing import batch_photo_choose, faces_to_choose
from enrollment.batches.directory import directory_of
from enrollment.batches.enrolling import photo_batch_enrol
from enrollment.batches.receiving import Incoming, batch_photo_receive, photo_batch_create
from enrollment.batches.settling import batch_photo_different
from enrollment.models import BatchPhoto, Consent, FacePhoto
from enrollment.repositories import face_ids_for
from portal.aws.clients import client
from tests.aws.pictures import BUCKET, in_bucket
from tests.conftest import make_student
from tests.enrollment.orl import as_bytes, face

pytestmark = [pytest.mark.aws_local, pytest.mark.django_db]
PEOPLE = (1, 2, 3, 4, 5)


@pytest.fixture
def portal(all_on_aws, local_dynamodb, local_s3, local_rekognition, riverside, settings):
    """A school in a portal of which everything is on AWS."""
    in_bucket(settings)
    call_command("provision_aws", verbosity=0)
    return local_rekognition


def two(one, other):
    picture = Image.new("RGB", (one.width + other.width, one.height), "#888")
    picture.paste(one, (0, 0))
    picture.paste(other, (one.width, 0))
    return picture


def keys(folder):
    listed = client("s3").list_objects_v2(Bucket=BUCKET).get("Contents", [])
    return [row["Key"] for row in listed if folder in row["Key"]]


def test_a_batch_from_its_files_to_its_report(portal, riverside, ada, django_capture_on_commit_callbacks):
    students = {n: make_student(riverside, f"Student {n}", f"R-{n}") for n in PEOPLE}
    pictures = {1: face(1), 2: face(2), 3: face(1, 4), 4: two(face(6), face(4)), 5: face(5)}  # 3 resembles 1
    batch, directory = photo_batch_create(institution=riverside, by=ada.user), directory_of(riverside)
    for n, picture in pictures.items():
        incoming = Incoming(f"R-{n}.jpg", as_bytes(picture, quality=95))
        batch_photo_receive(batch=batch, incoming=incoming, directory=directory)
    assert len(keys("batches/")) == len(PEOPLE)
    photo_batch_enrol(batch=batch, by=ada.user)
    Consent.objects.filter(student=students[5]).delete()
    before = portal.calls()
    assert job_take_up_next()
    states = {item.student.roll_number: item.state for item in batch.items.select_related("student")}
    assert states == {"R-1": "enrolled", "R-2": "enrolled", "R-3": "held", "R-4": "refused", "R-5": "removed"}
    assert keys("batches/") == []
    calls = {name: n - before.get(name, 0) for name, n in portal.calls().items()}
    assert (calls["IndexFaces"], calls["SearchFacesByImage"]) == (2, 3)  # nobody without a consent was sent

    several = batch.items.get(student=students[4])
    assert len(faces_to_choose(several).faces) == 2
    with django_capture_on_commit_callbacks(execute=True):  # files are deleted once that is certain
        batch_photo_choose(item=several, number=2, of=2, by=ada.user)
        batch_photo_different(item=batch.items.get(student=students[3]), by=ada.user)
    assert set(batch.items.exclude(student=students[5]).values_list("state", flat=True)) == {BatchPhoto.State.ENROLLED}
    assert FacePhoto.objects.filter(state="enrolled").count() == 4
    assert len(keys("faces/")) == 4 * 2  # photo and portrait
    assert [len(face_ids_for(riverside).for_student(students[n].pk)) for n in PEOPLE] == [1, 1, 1, 1, 0]
