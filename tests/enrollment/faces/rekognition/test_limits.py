"""Calls that Rekognition would refuse are found before they are made."""

import io

import pytest
from PIL import Image

from enrollment.faces.crops import MAX_BYTES
from enrollment.faces.rekognition.calls import RekognitionCalls
from enrollment.faces.rekognition.collection import is_face_id
from enrollment.faces.rekognition.limits import LimitPassed, require_within_limits
from portal.aws.clients import client

FACE_ID = "12345678-1234-1234-1234-123456789abc"
SEARCH = {"CollectionId": "school", "FaceMatchThreshold": 80.0, "MaxFaces": 100, "QualityFilter": "NONE"}
INDEX = {"CollectionId": "school", "ExternalImageId": "student-1", "MaxFaces": 1, "QualityFilter": "AUTO"}
USER = {"CollectionId": "school", "UserId": "student-1"}


def picture(size=(80, 80), image_format="JPEG"):
    out = io.BytesIO()
    Image.new("RGB", size).save(out, image_format)
    return out.getvalue()


def check(operation, **arguments):
    shape = client("rekognition").meta.service_model.operation_model(operation).input_shape
    require_within_limits(operation, shape, arguments)


@pytest.fixture(autouse=True)
def _no_account(aws_credentials):
    """Shapes need a client, and no call is made."""


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("SearchFacesByImage", {**SEARCH, "Image": {"Bytes": picture()}}),
        ("SearchFacesByImage", {**SEARCH, "Image": {"Bytes": picture(image_format="PNG")}}),
        ("IndexFaces", {**INDEX, "Image": {"Bytes": picture()}, "ExternalImageId": "a.b:c_d-e"}),
        ("DeleteFaces", {"CollectionId": "school", "FaceIds": [FACE_ID] * 4096}),
        ("AssociateFaces", {**USER, "FaceIds": [FACE_ID] * 100, "UserMatchThreshold": 75.0}),
        ("CreateUser", {**USER, "UserId": "x" * 128, "ClientRequestToken": "t" * 64}),
    ],
)
def test_what_is_allowed(operation, arguments):
    check(operation, **arguments)


@pytest.mark.parametrize(
    ("operation", "arguments", "complaint"),
    [
        ("SearchFacesByImage", {**SEARCH, "CollectionId": "a:b"}, "CollectionId has another form"),
        ("SearchFacesByImage", {**SEARCH, "CollectionId": "c" * 256}, "CollectionId has a length of 256"),
        ("SearchFacesByImage", {**SEARCH, "FaceMatchThreshold": 100.5}, "FaceMatchThreshold is 100.5"),
        ("SearchFacesByImage", {**SEARCH, "MaxFaces": 4097}, "MaxFaces is 4097"),
        ("SearchFacesByImage", {**SEARCH, "QualityFilter": "BEST"}, "QualityFilter is BEST"),
        ("SearchFacesByImage", {**SEARCH, "Threshold": 80}, "Threshold is unknown"),
        ("SearchUsersByImage", {"CollectionId": "school", "MaxUsers": 501}, "MaxUsers is 501"),
        ("IndexFaces", {**INDEX, "ExternalImageId": "Zoë"}, "ExternalImageId has another form"),
        ("IndexFaces", {**INDEX, "ExternalImageId": "x" * 256}, "ExternalImageId has a length of 256"),
        ("IndexFaces", {**INDEX, "ExternalImageId": ""}, "ExternalImageId has a length of 0"),
        ("IndexFaces", {**INDEX, "DetectionAttributes": ["HALO"]}, "DetectionAttributes is HALO"),
        ("CreateUser", {**USER, "UserId": "x" * 129}, "UserId has a length of 129"),
        ("CreateUser", {**USER, "UserId": "a b"}, "UserId has another form"),
        ("CreateUser", {**USER, "ClientRequestToken": "t" * 65}, "ClientRequestToken has a length of 65"),
        ("DeleteFaces", {"CollectionId": "school", "FaceIds": []}, "FaceIds has a length of 0"),
        ("DeleteFaces", {"CollectionId": "school", "FaceIds": [FACE_ID] * 4097}, "FaceIds has a length of 4097"),
        ("DeleteFaces", {"CollectionId": "school", "FaceIds": ["nobody"]}, "FaceIds has another form"),
        ("AssociateFaces", {**USER, "FaceIds": [FACE_ID] * 101}, "FaceIds has a length of 101"),
        ("DisassociateFaces", {**USER, "FaceIds": [FACE_ID] * 101}, "FaceIds has a length of 101"),
        ("DetectFaces", {"Image": {"Bytes": picture((79, 200))}}, "Image has a side of 79 px"),
        ("DetectFaces", {"Image": {"Bytes": picture(image_format="WEBP")}}, "Image is neither JPEG nor PNG"),
        ("DetectFaces", {"Image": {"Bytes": b"no picture"}}, "Image is neither JPEG nor PNG"),
        ("DetectFaces", {"Image": {"Bytes": b"x" * (MAX_BYTES + 1)}}, f"Image Bytes has a length of {MAX_BYTES + 1}"),
    ],
)
def test_what_is_not(operation, arguments, complaint):
    with pytest.raises(LimitPassed, match=complaint) as refused:
        check(operation, **arguments)
    assert (refused.value.code, refused.value.retryable) == ("refused", False)


def test_nothing_is_sent(local_rekognition, riverside):
    with pytest.raises(LimitPassed):
        RekognitionCalls(riverside.pk, 5).many(
            "SearchFacesByImage", [SEARCH, {**SEARCH, "Image": {"Bytes": picture((40, 40))}}]
        )
    assert local_rekognition.calls() == {}


def test_ids_that_aws_can_have_given():
    assert is_face_id(FACE_ID)
    assert not any(is_face_id(text) for text in ("", "nobody", "pending:" + "0" * 32, FACE_ID.upper(), FACE_ID + "0"))
