"""The calls' pace: turns without gaps or doubles, shared by threads, processes and machines through the cache."""

import itertools
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import connection

from portal.aws import pace
from portal.aws.pace import TooBusy, default_quota, patience, rate_of, reserve

SEARCH = "SearchFacesByImage"


@pytest.fixture(autouse=True)
def ten_a_second(settings, aws_credentials):
    settings.AWS_RATES = {SEARCH: 10 / pace.SHARE}
    cache.clear()


@pytest.fixture
def clock(monkeypatch):
    """A clock that a test sets."""

    class Clock:
        now = 1_000_000.0

        def monotonic(self):
            return self.now

    clock = Clock()
    monkeypatch.setattr(pace, "time", clock)
    monkeypatch.setattr(pace, "shared_now", clock.monotonic)
    return clock


def taken(times):
    """Seconds after the clock's beginning, in tenths."""
    return [round((at - 1_000_000.0) * 10) for at in times]


class TestTurns:
    def test_one_after_the_other(self, clock):
        assert taken(reserve(SEARCH, 3, max_wait=5)) == [0, 1, 2]
        assert taken(reserve(SEARCH, 2, max_wait=5)) == [3, 4]

    def test_what_was_not_used_is_not_saved_up(self, clock):
        reserve(SEARCH, 1, max_wait=5)
        clock.now += 30
        assert taken(reserve(SEARCH, 2, max_wait=5)) == [300, 301]

    def test_half_a_gap_later_waits_the_other_half(self, clock):
        reserve(SEARCH, 1, max_wait=5)
        clock.now += 0.05
        [at] = reserve(SEARCH, 1, max_wait=5)
        assert at - clock.now == pytest.approx(0.05)

    def test_operations_do_not_wait_for_each_other(self, clock, settings):
        settings.AWS_RATES |= {"IndexFaces": 10 / pace.SHARE}
        reserve(SEARCH, 20, max_wait=5)
        assert taken(reserve("IndexFaces", 1, max_wait=5)) == [0]

    def test_nor_do_regions_or_accounts(self, clock, settings, monkeypatch):
        reserve(SEARCH, 20, max_wait=5)
        settings.AWS_REGION = "eu-central-1"
        assert taken(reserve(SEARCH, 1, max_wait=5)) == [0]
        monkeypatch.setenv("AWS_PROFILE", "another-school-board")
        assert taken(reserve(SEARCH, 1, max_wait=5)) == [0]

    def test_a_role_s_keys_change_and_its_quota_does_not(self, clock, monkeypatch):
        monkeypatch.setenv("AWS_SESSION_TOKEN", "of this hour")
        reserve(SEARCH, 2, max_wait=5)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "of the next machine")
        assert taken(reserve(SEARCH, 1, max_wait=5)) == [2]

    def test_a_chain_of_which_only_the_last_number_is_left(self, clock):
        reserve(SEARCH, 3, max_wait=5)
        [chain] = {key.rsplit(":", 1)[0] for key in cache._cache if ":pace:" in key}
        cache.delete(f"{chain.split(':', 2)[2]}:1")
        assert taken(reserve(SEARCH, 1, max_wait=5)) == [0]
        assert taken(reserve(SEARCH, 1, max_wait=5)) == [1]

    def test_a_number_that_is_behind_is_caught_up_with(self, clock):
        """A process that stood still between taking its turn and saying so."""
        for _ in range(50):
            reserve(SEARCH, 1, max_wait=30)
        [last] = [key.split(":", 2)[2] for key in cache._cache if key.endswith(":last")]
        cache.set(last, 3)
        assert taken(reserve(SEARCH, 1, max_wait=30)) == [50]


class TestBeingTooBusy:
    def test_it_is_said_before_anything_is_reserved(self, clock):
        with pytest.raises(TooBusy) as busy:
            reserve(SEARCH, 100, max_wait=5)
        assert busy.value.seconds == pytest.approx(9.9)
        assert taken(reserve(SEARCH, 1, max_wait=5)) == [0]

    def test_the_last_of_the_calls_counts(self, clock):
        assert len(reserve(SEARCH, 51, max_wait=5)) == 51
        with pytest.raises(TooBusy):
            reserve(SEARCH, 1, max_wait=5)

    def test_a_worker_has_patience(self, clock):
        reserve(SEARCH, 51, max_wait=5)
        with patience(60):
            assert taken(reserve(SEARCH, 1, max_wait=5)) == [51]
        with pytest.raises(TooBusy):
            reserve(SEARCH, 1, max_wait=5)

    def test_ten_thousand_in_the_queue_cost_no_more_to_ask(self, clock, monkeypatch):
        with patience(10_000):
            for _ in range(1000):
                reserve(SEARCH, 10, max_wait=5)
        asked = []
        read = cache.get
        monkeypatch.setattr(pace, "cache", Reading(lambda key, default: asked.append(key) or read(key, default)))
        with pytest.raises(TooBusy):
            reserve(SEARCH, 1, max_wait=5)
        assert len(asked) == 2


class Reading:
    """A cache that may only be read."""

    def __init__(self, get):
        self.get = get


class TestManyAtOnce:
    def all_turns(self, calls):
        def take(n):
            try:
                return reserve(SEARCH, n, max_wait=600)
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as pool:
            return sorted(at for times in pool.map(take, calls) for at in times)

    def test_threads(self):
        turns = self.all_turns([1, 2, 3] * 40)
        assert len(turns) == 240
        assert min(later - earlier for earlier, later in itertools.pairwise(turns)) > 0.099

    def test_the_database_as_the_cache(self, transactional_db, settings):
        settings.CACHES = {
            "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "pace_cache"}
        }
        call_command("createcachetable")
        turns = self.all_turns([1, 5] * 12)
        assert len(turns) == 72
        assert min(later - earlier for earlier, later in itertools.pairwise(turns)) > 0.099


class TestRates:
    @pytest.mark.parametrize("rate", [0, -1, "5", True, float("nan")])
    def test_a_rate_is_a_number_above_nought(self, settings, rate):
        settings.AWS_RATES = {"IndexFaces": rate}
        with pytest.raises(ImproperlyConfigured, match="IndexFaces"):
            rate_of("IndexFaces")

    def test_aws_s_defaults_by_region(self):
        assert default_quota(SEARCH, "us-east-1") == 50
        assert default_quota(SEARCH, "eu-west-2") == 5
        assert default_quota("DetectFaces", "us-west-2") == 100
        assert default_quota("DetectFaces", "eu-central-1") == 25
        assert default_quota("DeleteFaces", "us-east-1") == 5

    def test_a_share_of_the_quota_is_used(self, settings):
        settings.AWS_RATES = {"IndexFaces": 20}
        assert rate_of("IndexFaces") == 18
        assert rate_of(SEARCH) == 45  # the Region of the tests is eu-west-1
