"""The local Rekognition's wire: requests and answers checked against the model, quotas, faults, and its own state."""

import base64
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError
from hypothesis import given
from hypothesis import strategies as st

from enrollment.faces.local.scoring import ACCEPT_THRESHOLD, REVIEW_THRESHOLD
from portal.aws.errors import failure_of
from tests.aws import photos
from tests.aws.conftest import COLLECTION, client_of
from tests.aws.rekognition.operations import load
from tests.aws.rekognition.orders import TokenBucket
from tests.aws.rekognition.server import DRIFT, Service, server_for
from tests.aws.rekognition.similarity import cosine_of, percent_of
from tests.aws.rekognition.wire import MODEL, TARGET, ServiceError, statuses

FACE = "00000000-0000-4000-8000-000000000000"
SIGNED = (
    "AWS4-HMAC-SHA256 Credential=local/20261125/eu-west-1/rekognition/aws4_request, SignedHeaders=host, Signature=0"
)
OPERATIONS = sorted(load())


def send(server, operation, document, **headers):
    """A request by hand, past everything that botocore checks: status and JSON of the answer."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    names = {"X-Amz-Target": f"{TARGET}.{operation}", "Authorization": SIGNED, **headers}
    try:
        with urlopen(Request(server.url, body, names)) as answer:  # noqa: S310
            return answer.status, json.load(answer)
    except HTTPError as error:
        return error.code, json.load(error)


# -- Requests ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("create_collection", {"CollectionId": "a:b"}),
        ("create_collection", {"CollectionId": "a" * 256}),
        ("create_user", {"UserId": "with space"}),
        ("create_user", {"UserId": "u" * 129}),
        ("create_user", {"UserId": "one", "ClientRequestToken": "no.dots"}),
        ("index_faces", {"Image": {"Bytes": photos.wall()}, "ExternalImageId": "Sam Field"}),
        ("index_faces", {"Image": {"Bytes": photos.wall()}, "QualityFilter": "SOME"}),
        ("index_faces", {"Image": {"Bytes": photos.wall()}, "DetectionAttributes": ["HAIR"]}),
        ("search_faces_by_image", {"Image": {"Bytes": photos.wall()}, "FaceMatchThreshold": 100.5}),
        ("search_faces_by_image", {"Image": {"Bytes": photos.wall()}, "MaxFaces": 4097}),
        ("search_users_by_image", {"Image": {"Bytes": photos.wall()}, "MaxUsers": 501}),
        ("delete_faces", {"FaceIds": ["not-an-id"]}),
        ("delete_faces", {"FaceIds": [FACE] * 4097}),
        ("associate_faces", {"UserId": "one", "FaceIds": [FACE] * 101}),
        ("list_faces", {"MaxResults": 4097}),
    ],
)
def test_what_botocore_lets_through_is_refused_here(rekognition, operation, arguments):
    with pytest.raises(rekognition.exceptions.InvalidParameterException):
        getattr(rekognition, operation)(**{"CollectionId": COLLECTION, **arguments})


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({}, "InvalidParameterException"),
        ({"CollectionId": 7}, "InvalidParameterException"),
        ({"CollectionId": "school", "Colour": "red"}, "InvalidParameterException"),
        ({"CollectionId": "school", "MaxResults": True}, "InvalidParameterException"),
        ({"CollectionId": "school", "MaxResults": "7"}, "InvalidParameterException"),
        ([], "InvalidParameterException"),
        (b"{", "SerializationException"),
    ],
)
def test_malformed_requests(server, document, code):
    status, answer = send(server, "ListFaces", document)
    assert (status, answer["__type"]) == (400, code)
    assert answer["Message"]


def test_pictures_must_be_base64(server):
    status, answer = send(server, "DetectFaces", {"Image": {"Bytes": "not base64!"}})
    assert (status, answer["__type"]) == (400, "InvalidParameterException")


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Authorization": ""}, "MissingAuthenticationTokenException"),
        ({"Authorization": SIGNED.replace("/rekognition/", "/dynamodb/")}, "InvalidSignatureException"),
        ({"X-Amz-Target": "DynamoDB_20120810.ListTables"}, "UnknownOperationException"),
        ({"X-Amz-Target": f"{TARGET}.GuessFaces"}, "UnknownOperationException"),
    ],
)
def test_unsigned_and_misdirected_requests(server, headers, code):
    _, answer = send(server, "ListCollections", {}, **headers)
    assert answer["__type"] == code


def test_an_operation_that_is_not_there_yet_says_so(rekognition):
    with pytest.raises(ClientError, match="has no DetectLabels yet"):
        rekognition.detect_labels(Image={"Bytes": photos.wall()})


def test_every_call_is_counted_by_operation(rekognition, server):
    rekognition.list_collections()
    rekognition.list_collections()
    with pytest.raises(ClientError):
        rekognition.describe_collection(CollectionId="another")
    assert server.calls() == {"ListCollections": 2, "DescribeCollection": 1}
    server.forget_calls()
    assert server.calls() == {}


# -- Answers ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def drifting():
    """A client of a server in this process whose `ListCollections` answers what a test says."""

    def drifting(answer):
        service = Service(operations={"ListCollections": answer})
        server = server_for(service, port=0)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return client_of(f"http://127.0.0.1:{server.server_port}", retries={"total_max_attempts": 1})

    servers = []
    yield drifting
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    "answer",
    [
        {"CollectionIds": ["with space"]},
        {"CollectionIds": "school"},
        {"Collections": []},
        {"NextToken": "n" * 256},
        {"CollectionIds": [b"school"]},
    ],
)
def test_an_answer_that_the_model_does_not_allow_is_an_error_of_the_server(drifting, answer):
    client = drifting(lambda call: answer)
    with pytest.raises(ClientError) as error:
        client.list_collections()
    assert error.value.response["Error"]["Code"] == DRIFT


def test_an_error_that_the_operation_does_not_have_is_one_too(drifting):
    def wrong(call):
        raise ServiceError("InvalidImageFormatException", "There is no image here.")

    with pytest.raises(ClientError) as error:
        drifting(wrong).list_collections()
    assert error.value.response["Error"]["Code"] == DRIFT


def test_a_fault_of_the_server_is_not_taken_for_one_of_amazons(drifting):
    client = drifting(lambda call: call.request["missing"])
    with pytest.raises(ClientError, match="KeyError") as error:
        client.list_collections()
    assert error.value.response["Error"]["Code"] == DRIFT


# -- Faults -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_modelled_error_of_every_operation_can_be_had(server, operation):
    shapes = MODEL.operation_model(operation).error_shapes
    for shape in shapes:
        server.fault(operation, shape.name)
        status, answer = send(server, operation, {})
        assert answer["__type"] == shape.name
        assert status == (500 if shape.name in {"InternalServerError", "ThrottlingException"} else 400)
    assert server.calls() == {operation: len(shapes)}


def test_boto3_tries_again_after_throttling_and_each_attempt_is_on_the_wire(rekognition, server):
    server.fault("ListCollections", "ThrottlingException", times=2)
    assert rekognition.list_collections()["CollectionIds"] == [COLLECTION]
    assert server.calls() == {"ListCollections": 3}


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        ("ThrottlingException", "throttled"),
        ("ProvisionedThroughputExceededException", "throttled"),
        ("AccessDeniedException", "denied"),
        ("ExpiredTokenException", "denied"),
        ("InternalServerError", "failing"),
        ("ServiceUnavailable", "failing"),
        ("InvalidParameterException", "refused"),
    ],
)
def test_the_portal_understands_the_errors(once, server, code, failure):
    server.fault("ListCollections", code)
    with pytest.raises(ClientError) as error:
        once.list_collections()
    assert failure_of(error.value).code == failure


def test_faults_end_after_as_many_calls_as_stated_and_may_be_for_any_operation(once, server):
    server.fault("*", "InternalServerError", times=2)
    with pytest.raises(once.exceptions.InternalServerError):
        once.list_collections()
    with pytest.raises(once.exceptions.InternalServerError):
        once.describe_collection(CollectionId=COLLECTION)
    assert once.list_collections()["CollectionIds"] == [COLLECTION]


def test_a_request_can_be_dropped_before_anything_is_done(once, server):
    server.fault("CreateUser", "DropRequest")
    with pytest.raises(ConnectionClosedError):
        once.create_user(CollectionId=COLLECTION, UserId="one")
    assert once.list_users(CollectionId=COLLECTION)["Users"] == []


def test_an_answer_can_be_lost_after_all_is_done(rekognition, once, server):
    server.fault("CreateUser", "DropAnswer")
    with pytest.raises(ConnectionClosedError):
        once.create_user(CollectionId=COLLECTION, UserId="one")
    assert len(once.list_users(CollectionId=COLLECTION)["Users"]) == 1
    # With attempts left, the token makes the second one harmless.
    server.fault("CreateUser", "DropAnswer")
    rekognition.create_user(CollectionId=COLLECTION, UserId="two")
    assert len(once.list_users(CollectionId=COLLECTION)["Users"]) == 2


def test_a_slow_answer_comes_too_late_for_an_impatient_client(rekognition, server):
    server.slow("ListCollections", 2)
    impatient = client_of(server.url, read_timeout=0.5, retries={"total_max_attempts": 1})
    with pytest.raises(ReadTimeoutError) as error:
        impatient.list_collections()
    assert failure_of(error.value).code == "unreachable"
    server.slow("ListCollections", 0)
    assert impatient.list_collections()["CollectionIds"] == [COLLECTION]


@pytest.mark.parametrize(
    "orders",
    [
        {"explode": True},
        {"faults": [{"operation": "CreateUser", "code": "InvalidImageFormatException"}]},
        {"faults": [{"operation": "GuessFaces", "code": "ThrottlingException"}]},
        {"faults": [{"code": "ThrottlingException"}]},
        {"quotas": {"SearchFacesByImage": 0}},
        {"quotas": {"GuessFaces": 5}},
        {"slow": {"GuessFaces": 5}},
    ],
)
def test_orders_that_make_no_sense_are_refused(server, orders):
    with pytest.raises(HTTPError, match="400"):
        server.control(**orders)


def test_a_reset_leaves_nothing(rekognition, server):
    server.fault("*", "InternalServerError", times=100)
    server.quota("*", 1)
    server.slow("*", 60)
    server.reset()
    assert rekognition.list_collections()["CollectionIds"] == []
    assert server.calls() == {"ListCollections": 1}
    assert server.throttled() == {}


# -- Quotas -----------------------------------------------------------------------------------------------------------


def test_calls_beyond_the_quota_are_throttled_and_counted(once, server):
    server.quota("ListCollections", 0.001)
    once.list_collections()
    for _ in range(3):
        with pytest.raises(once.exceptions.ThrottlingException, match="Rate exceeded"):
            once.list_collections()
    assert server.calls() == {"ListCollections": 4}
    assert server.throttled() == {"ListCollections": 3}
    once.list_users(CollectionId=COLLECTION)  # another operation has a quota of its own
    server.quota("ListCollections", None)
    once.list_collections()


def test_a_quota_for_all_counts_each_operation_for_itself(once, server):
    server.quota("*", 0.001)
    once.list_collections()
    once.list_users(CollectionId=COLLECTION)
    with pytest.raises(once.exceptions.ThrottlingException):
        once.list_users(CollectionId=COLLECTION)


def test_a_bucket_admits_a_seconds_worth_at_once_and_its_rate_afterwards():
    now = [0.0]
    bucket = TokenBucket(5, clock=lambda: now[0])
    assert [bucket.admits() for _ in range(7)] == [True] * 5 + [False] * 2
    now[0] = 0.2
    assert [bucket.admits() for _ in range(2)] == [True, False]
    now[0] = 60.0
    assert sum(bucket.admits() for _ in range(20)) == 5


@given(st.lists(st.floats(0, 0.5), max_size=60), st.floats(0.5, 60))
def test_a_bucket_never_admits_more_than_its_rate_and_one_seconds_worth(pauses, rate):
    now = [0.0]
    bucket = TokenBucket(rate, clock=lambda: now[0])
    admitted = 0
    for pause in pauses:
        now[0] += pause
        admitted += bucket.admits()
    assert admitted <= max(1.0, rate) + now[0] * rate + 1e-6


def test_many_threads_are_answered_each_with_their_own(once, index, server):
    for person in range(1, 5):
        index(photos.photo(person), f"student:{person}")

    def name_of(person):
        answer = once.search_faces_by_image(CollectionId=COLLECTION, Image={"Bytes": photos.photo(person, 6)})
        return answer["FaceMatches"][0]["Face"]["ExternalImageId"]

    people = [1, 2, 3, 4] * 15
    with ThreadPoolExecutor(16) as threads:
        assert list(threads.map(name_of, people)) == [f"student:{person}" for person in people]
    assert server.calls()["SearchFacesByImage"] == 60


# -- Similarity and state ---------------------------------------------------------------------------------------------


def test_per_cents_meet_the_embedded_engines_thresholds():
    assert percent_of(ACCEPT_THRESHOLD) == pytest.approx(90)
    assert percent_of(REVIEW_THRESHOLD) == pytest.approx(80)
    assert percent_of(0.0) < 25
    assert 0 < percent_of(-1) < percent_of(1) < 100


@given(st.floats(-1, 1), st.floats(-1, 1))
def test_per_cents_rise_with_cosines_and_lead_back(one, other):
    if one < other - 1e-9:
        assert percent_of(one) < percent_of(other)
    assert cosine_of(percent_of(one)) == pytest.approx(one, abs=1e-6)


def test_a_file_keeps_collections_faces_and_users(tmp_path):
    path = tmp_path / "state" / "rekognition.json"

    def call(service, operation, **request):
        status, answer = service.answer(f"{TARGET}.{operation}", SIGNED, json.dumps(request).encode())
        assert status == 200, answer
        return answer

    picture = {"Bytes": base64.b64encode(photos.photo(1)).decode()}
    before = Service(state=path)
    call(before, "CreateCollection", CollectionId="school")
    indexed = call(before, "IndexFaces", CollectionId="school", Image=picture, ExternalImageId="student:1")
    face_id = indexed["FaceRecords"][0]["Face"]["FaceId"]
    call(before, "CreateUser", CollectionId="school", UserId="one")
    call(before, "AssociateFaces", CollectionId="school", UserId="one", FaceIds=[face_id])
    after = Service(state=path)
    for search in ("SearchFacesByImage", "SearchUsersByImage"):
        assert call(after, search, CollectionId="school", Image=picture) == call(
            before, search, CollectionId="school", Image=picture
        )
    again = call(after, "IndexFaces", CollectionId="school", Image=picture, ExternalImageId="student:1")
    assert again["FaceRecords"][0]["Face"]["FaceId"] == face_id


def test_each_operation_has_errors_of_the_common_kind_and_its_own():
    for name in OPERATIONS:
        codes = statuses(MODEL.operation_model(name))
        assert {"AccessDeniedException", "ThrottlingException", "ExpiredTokenException"} <= set(codes)
