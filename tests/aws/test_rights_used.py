"""Calls that the stores really make: each right of the running policy is used and none is missing, each read of a table
is consistent, Rekognition erases in AWS's order and indexes one face alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from attendance.demo.orl import orl_photo
from attendance.domain.marks import Closing
from attendance.domain.statuses import Source, Status
from attendance.needs import needs_of_aws
from attendance.repositories import marks_for
from enrollment.domain.faces import EngineUnavailable
from enrollment.faces.rekognition.engine import RekognitionFaceEngine
from enrollment.repositories import face_ids_for
from portal.aws import clients
from portal.aws.clients import client
from portal.aws.policy import running_policy
from portal.aws.provision import bring_about
from portal.aws.provision_table import TableProvisioner
from tests.aws.pictures import in_bucket
from tests.contracts.marks import mark_of
from tests.engines import GOOD
from tests.enrollment.faces.conftest import tiles
from tests.enrollment.orl import as_bytes

# The right that an operation, or an action within a transaction, takes.
OF_TRANSACTIONS = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}
OF_S3 = {"HeadObject": "GetObject", "ListObjectsV2": "ListBucket"}


@pytest.fixture
def calls(monkeypatch):
    """Service, operation and parameters of every call from now on."""
    made = []
    make = clients._client

    def noting(service, region, patience):
        found = make(service, region, patience)
        note = partial(noted, made, service)
        found.meta.events.register("provide-client-params", note, unique_id="noted")
        return found

    monkeypatch.setattr(clients, "_client", noting)
    return made


def noted(made, service, params, model, **_):
    made.append((service, model.name, params))


def rights(calls, service):
    """The IAM actions that the calls of a service take."""
    taken = set()
    for _service, operation, params in [call for call in calls if call[0] == service]:
        if operation == "TransactWriteItems":
            taken |= {OF_TRANSACTIONS[kind] for item in params["TransactItems"] for kind in item}
        else:
            taken.add(OF_S3.get(operation, operation))
    return {f"{service}:{action}" for action in taken}


def granted(needs, service, of=""):
    """The actions of the running policy on a service; of: the end of the resource's name."""
    statements = [s for s in running_policy(needs)["Statement"] if any(of in name for name in s["Resource"])]
    return {action for s in statements for action in s["Action"] if action.startswith(f"{service}:")}


@pytest.fixture
def tables(all_on_aws, local_dynamodb):
    needs = needs_of_aws()
    for use in needs.tables:
        bring_about(TableProvisioner(use.table))
    return needs


def use_marks(lesson, tess, sam, sita):
    """Everything that the store of marks can do."""
    store = marks_for(lesson.institution)
    marks = [mark_of(lesson, student.pk) for student in (sam, sita)]
    [first, _second] = store.mark_many(marks)
    store.mark_many([mark_of(lesson, sam.pk, Status.LATE)])
    version = store.for_session(lesson.pk)[sam.pk].version
    store.correct(mark_of(lesson, sam.pk, Status.ABSENT, Source.HAND), expected_version=version)
    store.for_student(sam.pk)
    store.for_course(lesson.course_id, first=lesson.local_date, last=lesson.local_date)
    store.for_sessions([lesson.pk])
    store.marks_of_student(sam.pk, first=lesson.starts_at, last=lesson.starts_at)
    store.student_marks_in(sam.pk, [lesson.pk])
    store.audit(lesson.pk, sam.pk)
    closing = Closing(
        session_id=lesson.pk, course_id=lesson.course_id, day=lesson.local_date - timedelta(days=1),
        counts={Status.PRESENT: 2}, closed_at=datetime.now(UTC), held_at=lesson.starts_at,
        marks={mark.student_id: mark for mark in marks},
    )  # fmt: skip
    store.close_session(closing)
    store.close_session(replace(closing, day=lesson.local_date, closed_at=datetime.now(UTC)))
    assert len(store.marks_of_day(lesson.local_date, closed={lesson.pk}, others=())[lesson.pk]) == len(marks)
    assert store.registers_of_courses([lesson.course_id], first=lesson.local_date, last=lesson.local_date)
    store.day_tally(lesson.local_date)
    store.count_student(sam.pk)
    store.purge_student(sam.pk)
    store.purge_sessions([lesson.pk])
    store.purge_summaries([lesson.course_id], [lesson.local_date])
    assert first.student_id == sam.pk


def use_faces(institution, sam):
    """Everything that the mapping of face ids can do."""
    mapping = face_ids_for(institution)
    mapping.put("face", sam.pk)
    assert mapping.get_many(["face"]) == {"face": sam.pk}
    mapping.for_student(sam.pk)
    mapping.remove(["face"])
    mapping.put("face", sam.pk)
    mapping.purge_student(sam.pk)


class TestRights:
    def test_of_the_marks(self, tables, calls, lesson, tess, sam, sita):
        use_marks(lesson, tess, sam, sita)
        assert rights(calls, "dynamodb") == granted(tables, "dynamodb", of="-marks")

    def test_of_the_face_ids(self, tables, calls, riverside, sam):
        use_faces(riverside, sam)
        assert rights(calls, "dynamodb") == granted(tables, "dynamodb", of="-faces")

    def test_of_the_pictures(self, bucket, settings, calls):
        settings.PICTURES_BUCKET, settings.AWS_REGION = bucket, "eu-west-1"
        in_bucket(settings)
        name = default_storage.save("captures/a.jpg", ContentFile(b"a"))
        default_storage.open(name).read()
        assert default_storage.exists(name)
        default_storage.listdir("captures")
        default_storage.delete(name)
        assert rights(calls, "s3") == granted(needs_of_aws(), "s3")


class TestReads:
    def test_of_a_table_are_consistent(self, tables, calls, lesson, tess, sam, sita, riverside):
        """Of an index they cannot be."""
        use_marks(lesson, tess, sam, sita)
        use_faces(riverside, sam)
        reads = [(operation, params) for _service, operation, params in calls if operation in ("GetItem", "Query")]
        batches = [params["RequestItems"] for _service, operation, params in calls if operation == "BatchGetItem"]
        of_tables = [params for _operation, params in reads if "IndexName" not in params]
        of_tables += [wanted for batch in batches for wanted in batch.values()]
        assert {operation for operation, params in reads if "IndexName" not in params} == {"GetItem", "Query"}
        assert batches
        assert [params for params in of_tables if params.get("ConsistentRead") is not True] == []


class TestRekognition:
    @pytest.fixture
    def users(self, local_rekognition, settings, riverside):
        settings.AWS_RATES = dict.fromkeys(
            ("CreateUser", "AssociateFaces", "DisassociateFaces", "DeleteUser", "DeleteFaces", "ListFaces"), 1000
        )
        settings.FACE_ENGINE = {"BACKEND": "enrollment.faces.rekognition.engine.RekognitionFaceEngine"}
        return RekognitionFaceEngine(riverside, users=True)

    def test_a_face_is_released_by_its_user_before_it_is_deleted(self, users, calls, sam):
        """AWS refuses the other way round. One call of each, and in this order."""
        faces = [users.enroll(orl_photo(1, number), student_id=sam.pk).face_id for number in (1, 2)]
        del calls[:]
        assert users.forget(faces[:1]).erased == (faces[0],)
        assert [operation for _service, operation, _ in calls] == ["ListFaces", "DisassociateFaces", "DeleteFaces"]
        del calls[:]
        assert users.forget(faces[1:]).erased == (faces[1],)
        assert [operation for _service, operation, _ in calls] == ["ListFaces", "DeleteUser", "DeleteFaces"]

    def test_the_mapping_forgets_a_face_after_rekognition_has(self, users, local_rekognition, riverside, sam):
        """The other way round nobody would know the face that is left."""
        enrolled = users.enroll(orl_photo(1, 1), student_id=sam.pk)
        mapping = face_ids_for(riverside)
        local_rekognition.fault("DeleteFaces", "AccessDeniedException", 9)
        with pytest.raises(EngineUnavailable):
            users.forget([enrolled.face_id])
        assert mapping.for_student(sam.pk) == [enrolled.face_id]

    def test_one_face_of_a_picture_is_indexed(self, users, riverside, sam):
        """The others in it were not asked."""
        users.enroll(orl_photo(1, 1), student_id=sam.pk)
        indexed = users.collection.index(as_bytes(tiles([2, 3])), sam.pk, GOOD)
        found = client("rekognition").list_faces(CollectionId=users.collection.name)["Faces"]
        assert len(found) == 2
        assert indexed.face_id in {each["FaceId"] for each in found}
