"""The circuit breaker: closed until a service is silent, then one try at a time."""

import pytest
from django.core.cache import cache
from django.core.cache.backends import base, locmem

from portal.aws.breaker import FAILURES, PAUSE, Breaker, CircuitOpen


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    class Clock:
        now = 1_000_000.0

        def time(self):
            return self.now

    cache.clear()
    clock = Clock()
    for part in (base, locmem):  # the cache's own clock: the breaker reads none
        monkeypatch.setattr(part, "time", clock)
    return clock


@pytest.fixture
def breaker():
    return Breaker("rekognition", "eu-west-1")


@pytest.fixture
def opened(breaker):
    breaker.failed(FAILURES)
    return breaker


def refuses(breaker):
    try:
        breaker.check()
    except CircuitOpen:
        return True
    return False


def test_a_few_failures_do_not_open_it(breaker):
    for _ in range(FAILURES - 1):
        breaker.failed()
        assert not refuses(breaker)
    breaker.failed()
    assert refuses(breaker)


def test_an_answer_in_between_begins_the_count_again(breaker):
    breaker.failed(FAILURES - 1)
    breaker.answered()
    breaker.failed(FAILURES - 1)
    assert not refuses(breaker)


def test_it_says_for_how_long_at_most(opened, clock):
    clock.now += 5
    with pytest.raises(CircuitOpen) as refused:
        opened.check()
    assert refused.value.seconds == PAUSE


def test_one_call_tries_after_the_pause(opened, clock):
    clock.now += PAUSE + 1
    assert not refuses(opened)
    assert refuses(opened)


def test_a_try_that_is_answered_closes_it(opened, clock):
    clock.now += PAUSE + 1
    opened.check()
    opened.answered()
    assert not any(refuses(opened) for _ in range(3))


def test_a_try_that_fails_keeps_it_open_for_another_pause(opened, clock):
    clock.now += PAUSE + 1
    opened.check()
    opened.failed()
    assert refuses(opened)
    clock.now += PAUSE + 1
    assert not refuses(opened)


def test_a_try_that_never_reports_is_followed_by_another(opened, clock):
    for _ in range(3):
        clock.now += PAUSE + 1
        assert not refuses(opened)
        assert refuses(opened)


def test_services_and_regions_have_their_own(opened):
    assert not refuses(Breaker("rekognition", "eu-central-1"))
    assert not refuses(Breaker("dynamodb", "eu-west-1"))
