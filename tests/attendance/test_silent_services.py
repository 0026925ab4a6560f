"""AWS services that accept a connection and never answer: few calls, a sentence, and the rest of the portal goes on.

A real server counts the calls on the wire. No time is asserted: the number of calls and their time-outs bound it.
"""

from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from attendance.captures.backlog import captures_resume
from attendance.models import Capture
from enrollment.domain.faces import EngineUnavailable
from enrollment.faces.rekognition.calls import RekognitionCalls
from portal.aws import budget, clients
from portal.aws.budget import Budget, current_budget, request_budget
from portal.aws.dynamodb import Calls
from portal.aws.errors import NotAsked
from tests.attendance.api.client import jpeg, token_of
from tests.aws.pictures import in_bucket
from tests.silent import silent_server

pytestmark = pytest.mark.thorough

DYNAMO = "attendance.repositories.dynamodb.DynamoAttendanceRepository"
SENTENCE = "The register cannot be read or changed at the moment."
ATTEMPTS = 2  # of a call within a request
HTMX = {"HX-Request": "true"}


@pytest.fixture
def silent(aws_credentials, monkeypatch):
    """The server, and time-outs that tests can wait for. One that is not asked stays so."""
    monkeypatch.setattr(clients, "CONNECT_TIMEOUT", 0.5)
    monkeypatch.setattr(clients, "READ_TIMEOUT", dict.fromkeys(clients.READ_TIMEOUT, 0.05))
    monkeypatch.setattr(clients, "HASTY_CONNECT_TIMEOUT", 0.5)
    monkeypatch.setattr(clients, "HASTY_READ_TIMEOUT", dict.fromkeys(clients.HASTY_READ_TIMEOUT, 0.05))
    monkeypatch.setattr(clients, "PAUSE", 600.0)
    cache.clear()
    with silent_server() as server:
        yield server


@pytest.fixture
def dynamodb(silent, register, aws_endpoint, settings):
    """DynamoDB is silent, once the register is open."""
    aws_endpoint("dynamodb", silent.url)
    settings.ATTENDANCE_REPOSITORY = {"BACKEND": DYNAMO, "OPTIONS": {}}
    return silent


@pytest.fixture
def s3(silent, aws_endpoint, settings):
    aws_endpoint("s3", silent.url)
    in_bucket(settings)
    return silent


@pytest.fixture
def rekognition(silent, aws_endpoint):
    aws_endpoint("rekognition", silent.url)
    return silent


@pytest.fixture
def at(riverside, register):
    return lambda name, **more: reverse(name, args=[riverside.slug, register.pk, *more.values()])


class TestDynamoDb:
    def test_two_pages_wait_and_then_nobody_does(self, dynamodb, sign_in, tess, at):
        calls = []
        for _ in range(4):
            answer = sign_in(tess).get(at("session"))
            assert (answer.status_code, SENTENCE in answer.content.decode()) == (503, True)
            assert int(answer["Retry-After"]) > 0
            calls.append(len(dynamodb.requests))
        assert calls == [ATTEMPTS, 2 * ATTEMPTS, 2 * ATTEMPTS, 2 * ATTEMPTS]

    def test_the_api_and_a_tap_say_so_too(self, dynamodb, client, sign_in, tess, riverside, register, sam, at):
        answer = client.get(f"/api/{riverside.slug}/sessions/{register.pk}/", **token_of(tess))
        assert (answer.status_code, answer.json()["code"]) == (503, "unreachable")
        assert int(answer["Retry-After"]) > 0
        tap = sign_in(tess).post(at("mark", student=sam.pk), {"status": "P", "version": 0}, headers=HTMX)
        assert (tap.status_code, SENTENCE in tap.content.decode()) == (200, True)
        assert len(dynamodb.requests) == 2 * ATTEMPTS

    @pytest.mark.django_db(transaction=True)
    def test_health_does_not_ask_it(self, dynamodb, client):
        assert client.get("/health/ready").json() == {"status": "ok", "faults": [], "impaired": []}
        assert dynamodb.requests == []

    def test_pages_without_marks_go_on(self, dynamodb, sign_in, tess, riverside):
        assert sign_in(tess).get(f"/{riverside.slug}/courses/").status_code == 200
        assert dynamodb.requests == []


class TestS3:
    def test_a_photo_is_refused_and_the_next_one_at_once(self, s3, script, sign_in, tess, at):
        calls = []
        for _ in range(3):
            picture = SimpleUploadedFile("class.jpg", jpeg(), "image/jpeg")
            answer = sign_in(tess).post(at("frame"), {"picture": picture, "nonce": uuid4()})
            assert (answer.status_code, answer.json()["code"]) == (503, "picture_not_stored")
            assert int(answer["Retry-After"]) > 0
            calls.append(len(s3.requests))
        assert not Capture.objects.exists()
        # The write and its removal, and the circuit is open.
        assert calls == [2 * ATTEMPTS] * 3
        assert [line.split()[0] for line in s3.requests] == ["PUT", "PUT", "DELETE", "DELETE"]

    def test_by_form_it_is_a_sentence(self, s3, script, sign_in, tess, at):
        picture = SimpleUploadedFile("class.jpg", jpeg(), "image/jpeg")
        answer = sign_in(tess).post(at("photo"), {"picture": picture, "nonce": uuid4()}, headers=HTMX)
        assert "The server cannot store photos now." in answer.content.decode()

    def test_a_worker_lets_a_photo_wait(self, s3, script, take, riverside, settings):
        script.is_unavailable()
        stored = settings.STORAGES
        settings.STORAGES = {**stored, "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"}}
        capture = take().capture
        settings.STORAGES = stored
        Capture.objects.update(retry_at=None)
        captures_resume()
        capture.refresh_from_db()
        assert (capture.state, capture.reason) == (Capture.State.WAITING, "storage_unavailable")

    def test_signing_an_address_asks_nobody(self, s3):
        for _ in range(2):
            with pytest.raises(ConnectionError):
                default_storage.save("a.jpg", ContentFile(b"a"))
        before = len(s3.requests)
        assert default_storage.url("captures/a.jpg").startswith(s3.url)
        with pytest.raises(ConnectionError):
            default_storage.delete("a.jpg")
        assert len(s3.requests) == before


class TestRekognition:
    def test_a_photo_s_search_ends_with_the_first_silence(self, rekognition, riverside, settings, monkeypatch):
        settings.AWS_RATES = {"DetectFaces": 1000}
        settings.AWS_THREADS = 1
        monkeypatch.setattr(clients, "_threads", {})  # those of an earlier test are more
        picture = {"Image": {"Bytes": jpeg()}}
        with request_budget(), pytest.raises(EngineUnavailable) as caught:
            RekognitionCalls(riverside.pk, max_wait=5).many("DetectFaces", [picture] * 8)
        assert caught.value.code == "unreachable"
        assert len(rekognition.requests) == ATTEMPTS

    def test_no_time_left_is_no_failure_of_the_service(self, rekognition, riverside, monkeypatch):
        monkeypatch.setitem(budget.SECONDS, "rekognition", 0.0)
        calls = RekognitionCalls(riverside.pk, max_wait=5)
        for _ in range(5):
            with request_budget(), pytest.raises(EngineUnavailable) as caught:
                calls.one("DetectFaces", Image={"Bytes": jpeg()})
            assert caught.value.code == "unreachable"  # not circuit_open
        assert rekognition.requests == []


class TestBudget:
    def names(self, service, left, monkeypatch):
        """Patience of the client that a call gets with so many seconds left; None if it is not asked."""
        made = []
        monkeypatch.setattr(Budget, "left", lambda self, service: left)
        monkeypatch.setattr(clients, "_client", lambda service, region, patience: made.append(patience))
        try:
            with request_budget(), clients.bounded(service):
                pass
        except NotAsked:
            return None
        [patience] = made
        assert patience.longest <= left
        return patience.name

    @pytest.mark.parametrize("service", ["dynamodb", "s3", "rekognition"])
    def test_a_call_fits_into_what_is_left(self, service, monkeypatch, aws_credentials):
        whole = budget.SECONDS[service]
        assert self.names(service, whole, monkeypatch) == "hasty"
        shorter = [self.names(service, whole * part, monkeypatch) for part in (0.45, 0.25, 0.15, 0.02, 0)]
        assert shorter[-2:] == [None, None]
        assert shorter[0] in ("hasty/1", "hasty/2")
        assert len(set(shorter)) > 2

    def test_side_by_side_counts_once(self, monkeypatch):
        clock = SimpleNamespace(now=0.0, monotonic=lambda: clock.now)
        monkeypatch.setattr(budget, "time", clock)
        mine = Budget()
        with mine.spending("s3"):
            clock.now += 1
            with mine.spending("s3"):
                clock.now += 1
            assert mine.left("s3") == budget.SECONDS["s3"] - 2
        clock.now += 5  # between two calls
        assert mine.left("s3") == budget.SECONDS["s3"] - 2
        assert mine.left("dynamodb") == budget.SECONDS["dynamodb"]
        with mine.spending("s3"):
            clock.now += 100
        assert mine.left("s3") == 0

    def test_threads_of_a_request_share_it(self, silent, aws_endpoint, monkeypatch):
        aws_endpoint("dynamodb", silent.url)
        monkeypatch.setitem(budget.SECONDS, "dynamodb", 0.0)
        calls = Calls("things", unavailable=lambda failure: LookupError(failure.detail), spent=print)
        with request_budget(), pytest.raises(LookupError, match="NotAsked"):
            calls.get_many([{"pk": str(n)} for n in range(250)])
        assert silent.requests == []

    def test_each_request_has_one_and_work_without_anybody_waiting_has_none(self, client, db, monkeypatch):
        seen = []
        monkeypatch.setattr("accounts.middleware.TenancyMiddleware.__call__", note(seen), raising=True)
        client.get("/account/login/")
        client.get("/account/login/")
        assert len({id(each) for each in seen}) == 2
        assert None not in seen
        assert current_budget() is None


def note(seen):
    def call(self, request):
        seen.append(current_budget())
        return self.get_response(request)

    return call
