"""Rows, files and items of students, and a search for them in every store."""

import json
from uuid import uuid4

from django.apps import apps
from django.contrib.sessions.models import Session
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from accounts.models import Job
from attendance.domain.marks import Mark
from attendance.domain.statuses import Source, Status
from attendance.models import Capture, DetectedFace
from enrollment.models import AccessRecord, ErasureReceipt, FaceVector
from portal.aws.clients import client
from tests.aws.pictures import BUCKET

# Receipts name the student, as the school's proof; jobs say of which receipt; sessions are keys.
NOT_SEARCHED = {ErasureReceipt, Session, Job}


def mark(session, student):
    return Mark(
        session_id=session.pk, student_id=student.pk, course_id=session.course_id, held_at=session.starts_at,
        status=Status.PRESENT, source=Source.REST, marked_at=timezone.now(),
    )  # fmt: skip


def a_capture(session, tess):
    name = f"captures/{session.institution_id}/{uuid4()}.jpg"
    default_storage.save(name, ContentFile(b"a picture"))
    return Capture.objects.create(
        institution=session.institution, session=session, nonce=uuid4(), kind="photo", picture=name, width=9, height=9,
        taken_by=tess.user, state="done",
    )  # fmt: skip


def a_face(capture, student, **fields):
    return DetectedFace.objects.create(
        institution=capture.institution, capture=capture, number=DetectedFace.objects.count(), left=1, top=1, width=1,
        height=1, outcome="mark", reason="sure", student=student, similarity=0.9, **fields,
    )  # fmt: skip


def rows_with(*words):
    """Rows of every table that hold one of the words in any column: "Table: column"."""
    found = []
    for model in apps.get_models():
        if model in NOT_SEARCHED:
            continue
        for row in model._base_manager.values():
            for column, value in row.items():
                if (model, column) == (AccessRecord, "subject"):
                    continue  # the access log knows the id, never the name, until its own retention ends
                text = str(value).lower() + str(value).replace("-", "").lower()
                if any(word.lower() in text for word in words):
                    found.append(f"{model.__name__}: {column}")
    return found


def items_with(mode, *words):
    """Items and faces of the AWS stores that hold one of the words."""
    if mode != "aws":
        return []
    found = [item for table in ("county-faces", "county-marks") for item in scan(table)]
    for collection in client("rekognition").list_collections()["CollectionIds"]:
        found += client("rekognition").list_faces(CollectionId=collection)["Faces"]
    return [item for item in found if any(word in json.dumps(item) for word in words)]


def scan(table):
    return client("dynamodb").scan(TableName=table)["Items"]


def vectors(mode):
    """Number of vectors, of anybody."""
    if mode != "aws":
        return FaceVector.objects.count()
    collections = client("rekognition").list_collections()["CollectionIds"]
    return sum(len(client("rekognition").list_faces(CollectionId=name)["Faces"]) for name in collections)


def files(mode, own_media):
    """Names of all stored files."""
    if mode == "aws":
        return [item["Key"] for item in client("s3").list_objects_v2(Bucket=BUCKET).get("Contents", [])]
    return [str(path.relative_to(own_media)) for path in own_media.rglob("*") if path.is_file()]
