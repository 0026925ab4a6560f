"""Fixtures of the AWS tests: a collection, a bucket for pictures, settings that put everything on AWS."""

import boto3
import pytest
from botocore.config import Config

from portal.aws.clients import client
from tests.aws.fixtures import REGION
from tests.aws.pictures import BUCKET, in_bucket
from tests.aws.servers import CREDENTIALS

COLLECTION = "school"


def client_of(url, **config):
    """A client of a Rekognition at a URL."""
    return boto3.client(
        "rekognition",
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        config=Config(max_pool_connections=16, **config),
    )


@pytest.fixture(scope="session")
def _clients(rekognition_server):
    """Made once: making a client takes longer than most of these tests."""
    retries = {"mode": "standard", "total_max_attempts": 4}
    return client_of(rekognition_server.url, retries=retries), client_of(
        rekognition_server.url, retries={"total_max_attempts": 1}
    )


@pytest.fixture
def rekognition(rekognition_server, _clients):
    """A client of the local Rekognition that tries again as the portal's does, and the collection "school"."""
    rekognition_server.reset()
    _clients[0].create_collection(CollectionId=COLLECTION)
    rekognition_server.forget_calls()
    return _clients[0]


@pytest.fixture
def once(rekognition, _clients):
    """A client that tries each call once."""
    return _clients[1]


@pytest.fixture
def server(rekognition, rekognition_server):
    """The server itself, which can be told what to do."""
    return rekognition_server


@pytest.fixture
def index(rekognition):
    """Indexes a picture and returns the ids of its faces."""

    def index(picture, external="student:1", **arguments):
        answer = rekognition.index_faces(
            CollectionId=COLLECTION, Image={"Bytes": picture}, ExternalImageId=external, **arguments
        )
        return [record["Face"]["FaceId"] for record in answer["FaceRecords"]]

    return index


@pytest.fixture
def search(rekognition):
    """Searches a picture's largest face: ExternalImageId and per cent of each match."""

    def search(picture, **arguments):
        answer = rekognition.search_faces_by_image(
            CollectionId=COLLECTION, Image={"Bytes": picture}, **{"FaceMatchThreshold": 80, **arguments}
        )
        return [(match["Face"]["ExternalImageId"], match["Similarity"]) for match in answer["FaceMatches"]]

    return search


@pytest.fixture
def bucket(local_s3, settings):
    """An empty bucket in which the pictures are kept."""
    client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": settings.AWS_REGION})
    in_bucket(settings)
    return BUCKET


@pytest.fixture
def all_on_aws(settings, db):
    """Settings alone: no server is started."""
    settings.FACE_ENGINE = {"BACKEND": "enrollment.faces.rekognition.engine.RekognitionFaceEngine", "OPTIONS": {}}
    settings.FACE_ID_REPOSITORY = {"BACKEND": "enrollment.repositories.dynamodb.DynamoFaceIdRepository"}
    settings.ATTENDANCE_REPOSITORY = {"BACKEND": "attendance.repositories.dynamodb.DynamoAttendanceRepository"}
    settings.PICTURES_BUCKET = BUCKET
    settings.AWS_REGION = REGION
