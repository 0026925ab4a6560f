"""Fixtures of the tests of erasures: everything in the portal's own database and folder, or on the AWS servers."""

from contextlib import suppress

import pytest
from django.core.cache import cache

from attendance.repositories import marks_for
from attendance.repositories.dynamodb_items import marks_table
from enrollment.repositories.dynamodb import face_table
from portal.aws.clients import client
from tests.attendance.erasing.world import mark
from tests.aws.pictures import BUCKET, in_bucket

ON_AWS = {
    "FACE_ENGINE": "enrollment.faces.rekognition.engine.RekognitionFaceEngine",
    "FACE_ID_REPOSITORY": "enrollment.repositories.dynamodb.DynamoFaceIdRepository",
    "ATTENDANCE_REPOSITORY": "attendance.repositories.dynamodb.DynamoAttendanceRepository",
}


@pytest.fixture(params=["embedded", pytest.param("aws", marks=[pytest.mark.aws_local, pytest.mark.thorough])])
def mode(request, settings, own_media):
    """Everything in the portal's database and a folder, or in the local AWS servers, the pictures too."""
    if request.param == "aws":
        for server in ("local_rekognition", "local_dynamodb", "local_s3"):
            request.getfixturevalue(server)
        settings.AWS_PREFIX = "county"
        for name, backend in ON_AWS.items():
            setattr(settings, name, {"BACKEND": backend, "OPTIONS": {}})
        cache.clear()
        for table in (face_table("county-faces"), marks_table("county-marks")):
            with suppress(client("dynamodb").exceptions.ResourceInUseException):  # a first call is repeated if slow
                client("dynamodb").create_table(**table.create_arguments())
        client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": settings.AWS_REGION})
        in_bucket(settings)
    return request.param


@pytest.fixture
def marked(mode, register, sam, sita):
    marks_for(register.institution).mark_many([mark(register, sam), mark(register, sita)])
    return register
