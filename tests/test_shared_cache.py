"""The shared cache unavailable, by a real Redis that is stopped and by a server that never answers."""

import time
from types import SimpleNamespace

import pytest
from django.core.cache import cache
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse

from accounts.tokens.issuing import token_create
from attendance.kiosk.limits import count_within
from attendance.models.register import MarkRow
from attendance.register.sessions import session_open
from enrollment.domain.faces import EngineUnavailable
from enrollment.faces.rekognition.calls import RekognitionCalls
from portal import environment, shared_cache
from portal.aws import clock, pace
from portal.aws.clock import shared_now
from portal.aws.pace import PaceUnknown, reserve
from portal.shared_cache import CacheUnavailable, SharedCache, shared_only
from tests.attendance.api.client import jpeg
from tests.conftest import PASSWORD
from tests.redis_server import BINARY, RedisServer
from tests.silent import silent_server

pytestmark = pytest.mark.skipif(BINARY is None, reason="redis-server is missing: `make servers` installs it")


@pytest.fixture(scope="module")
def server():
    redis = RedisServer()
    yield redis
    redis.stop()


@pytest.fixture
def point(settings, monkeypatch):
    """Points the portal's cache at a server's address, by the settings that CACHE_URL gives."""
    monkeypatch.setattr(shared_cache, "PAUSE", 0.0)  # each request may try: no test waits
    monkeypatch.setattr(shared_cache, "_circuits", {})

    def at(url):
        config = environment.StrictEnv.cache_url_config(url.replace("redis://", "rediscache://"))
        settings.CACHES = {"default": environment.that_may_be_unavailable(environment.with_room(config))}

    return at


@pytest.fixture
def redis(server, point):
    server.start()
    point(server.url)
    yield server
    server.stop()


@pytest.fixture
def silent(point, monkeypatch):
    monkeypatch.setattr(shared_cache, "PATIENCE", 0.05)
    monkeypatch.setattr(shared_cache, "PAUSE", 600.0)
    with silent_server() as server:
        point(server.url.replace("http", "redis") + "/0")
        yield server


class TestOperations:
    def test_all_processes_share_it_while_it_is_there(self, redis):
        cache.set("a", 1, 60)
        assert SharedCache(redis.url, {}).get("a") == 1
        assert (cache.add("a", 2), cache.incr("a"), cache.get_many(["a", "b"])) == (False, 2, {"a": 2})

    def test_away_the_process_has_its_own(self, redis):
        cache.set("a", "shared", 60)
        redis.stop()
        assert cache.get("a", "nothing") == "nothing"
        assert (cache.add("a", 1, 60), cache.add("a", 1, 60), cache.incr("a")) == (True, False, 2)
        cache.set_many({"b": 1, "c": 2}, 60)
        assert cache.get_many(["b", "c"]) == {"b": 1, "c": 2}
        cache.delete_many(["b"])
        assert (cache.has_key("b"), cache.touch("c", 9), cache.delete("c")) == (False, True, True)
        cache.clear()
        assert cache.get("a") is None

    def test_back_again_and_nothing_of_the_meantime_is_believed(self, redis):
        redis.stop()
        cache.set("a", "alone", 60)
        redis.start()
        assert cache.get("a") is None
        redis.stop()
        assert cache.get("a") is None

    def test_a_server_started_again_between_two_requests_costs_nothing(self, redis):
        cache.set("a", 1)
        redis.stop()
        redis.start()
        with shared_only():
            assert cache.get("a") is None

    def test_only_shared_is_refused(self, redis):
        redis.stop()
        with shared_only(), pytest.raises(CacheUnavailable):
            cache.add("a", 1)
        assert cache.add("a", 1)

    def test_a_silent_server_is_asked_once(self, silent):
        for _ in range(20):
            cache.set("a", 1)
            assert cache.get("a") == 1
        assert len(silent.requests) == 1

    def test_the_package_is_asked_for(self, monkeypatch):
        monkeypatch.setattr(environment, "find_spec", lambda name: None)
        with pytest.raises(ImproperlyConfigured, match=r"requirements-production\.txt"):
            environment.that_may_be_unavailable(environment.StrictEnv.cache_url_config("rediscache://cache:6379/0"))


def day(client, tess, session, student):
    """A lesson: the teacher's requests, and a tablet's; the status of each answer."""
    school = tess.institution.slug
    credentials = {"login": tess.user.email, "password": PASSWORD}
    _, secret = token_create(user=tess.user, name="desk", scope="write", days=1)
    mark = {"status": "P", "version": 0}
    return [
        client.post("/account/login/", credentials).status_code,
        client.get(f"/{school}/today/").status_code,
        client.get(reverse("session", args=[school, session.pk])).status_code,
        client.get(reverse("live", args=[school, session.pk])).status_code,
        client.post(reverse("mark", args=[school, session.pk, student.pk]), mark).status_code,
        client.get(f"/api/{school}/sessions/", headers={"authorization": f"Token {secret}"}).status_code,
        client.post(reverse("kiosk", args=[school]), {"code": "000000"}).status_code,
    ]


@pytest.fixture
def register(lesson, tess):
    return session_open(session=lesson, by=tess.user)


@pytest.mark.django_db
class TestADay:
    @pytest.mark.parametrize("away", [False, True])
    def test_stopped(self, client, redis, tess, register, sam, away):
        cache.set("connected", True)
        if away:
            redis.stop()
        assert day(client, tess, register, sam) == [302, 200, 200, 200, 302, 200, 200]
        assert MarkRow.objects.get(student_id=sam.pk).status == "P"

    def test_it_never_answers(self, client, silent, tess, register, sam):
        assert day(client, tess, register, sam) == [302, 200, 200, 200, 302, 200, 200]
        assert len(silent.requests) == 1

    def test_limits_go_on_in_the_process(self, client, redis, tess):
        redis.stop()
        wrong = {"login": tess.user.email, "password": "wrong"}
        said = [client.post("/account/login/", wrong).content.decode() for _ in range(7)]
        assert "Too many failed" not in said[0]
        assert "Too many failed" in said[-1]
        assert [count_within("a", 60) for _ in range(3)] == [1, 2, 3]


@pytest.mark.django_db(transaction=True)
class TestWhoKnows:
    def test_health(self, client, redis):
        assert client.get("/health/ready").json() == {"status": "ok", "faults": [], "impaired": []}
        redis.stop()
        answer = client.get("/health/ready")
        assert (answer.status_code, answer.json()["faults"], answer.json()["impaired"]) == (200, [], ["cache"])

    def test_health_of_a_silent_one(self, client, silent):
        assert client.get("/health/ready").json()["impaired"] == ["cache"]

    def test_check_deploy(self, redis):
        def said():
            return [m.id for m in run_checks(tags=["caches"], include_deployment_checks=True) if "portal" in m.id]

        assert said() == []
        redis.stop()
        assert said() == ["portal.W020"]

    def test_a_table_that_is_missing(self, settings):
        backend = "django.core.cache.backends.db.DatabaseCache"
        settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": "no_such_table"}}
        assert shared_cache.cache_trouble() != ""


class TestPace:
    def test_nobody_knows_whose_turn_it_is(self, redis, aws_credentials):
        reserve("SearchFacesByImage", 1, max_wait=5)
        redis.stop()
        with pytest.raises(PaceUnknown):
            reserve("SearchFacesByImage", 1, max_wait=5)
        redis.start()
        assert len(reserve("SearchFacesByImage", 2, max_wait=5)) == 2

    @pytest.mark.parametrize("ahead", [25.0, -25.0, 86_400.0])
    def test_a_machine_whose_clock_is_wrong_disturbs_nobody(self, redis, aws_credentials, monkeypatch, ahead):
        """Both machines take turns by the server's clock: nobody waits for the other's."""
        other = SimpleNamespace(time=lambda: time.time() + ahead, monotonic=lambda: time.monotonic() + ahead)
        for machine in (other, time) * 3:
            monkeypatch.setattr(clock, "time", machine)
            monkeypatch.setattr(pace, "time", machine)
            clock.forget_clock()
            [at] = reserve("SearchFacesByImage", 1, max_wait=2)
            assert at - machine.monotonic() <= 2

    def test_a_turn_from_before_the_server_s_clock_was_set_back_is_not_waited_for(self, redis, aws_credentials):
        reserve("SearchFacesByImage", 1, max_wait=5)
        [chain] = {key.decode().rpartition(":")[0] for key in redis.stored() if b"pace" in key}
        cache.set(f"{chain.partition(':1:')[2]}:1", shared_now() + 7200)
        assert len(reserve("SearchFacesByImage", 1, max_wait=1)) == 1

    @pytest.mark.django_db
    def test_so_nothing_is_sent_to_rekognition(self, redis, local_rekognition, riverside):
        calls = RekognitionCalls(riverside.pk, max_wait=5)
        redis.stop()
        with pytest.raises(EngineUnavailable) as caught:
            calls.one("DetectFaces", Image={"Bytes": jpeg()})
        assert (caught.value.code, caught.value.retryable) == ("cache_unavailable", True)
        assert local_rekognition.calls() == {}
        redis.start()
        assert calls.one("DetectFaces", Image={"Bytes": jpeg()})["FaceDetails"] == []
