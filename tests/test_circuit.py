"""A process's circuit: closed until a service is silent, then one try at a time."""

import pytest

from portal import circuit as module
from portal.circuit import Circuit


@pytest.fixture
def clock(monkeypatch):
    class Clock:
        now = 1000.0

        def monotonic(self):
            return self.now

    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


@pytest.fixture
def circuit(clock):
    return Circuit(failures=2, pause=5)


def test_a_failure_alone_does_not_open_it(circuit):
    assert not circuit.failed()
    assert circuit.may_ask()
    assert not circuit.answered()  # it was closed
    assert not circuit.failed()
    assert circuit.may_ask()


def test_the_second_in_a_row_does_and_says_so_once(circuit):
    assert [circuit.failed() for _ in range(3)] == [False, True, False]
    assert not circuit.may_ask()


def test_one_caller_tries_after_the_pause(circuit, clock):
    circuit.failed(), circuit.failed()
    clock.now += 5
    assert [circuit.may_ask() for _ in range(3)] == [True, False, False]


def test_an_answer_closes_it(circuit, clock):
    circuit.failed(), circuit.failed()
    clock.now += 5
    assert circuit.may_ask()
    assert circuit.answered()
    assert all(circuit.may_ask() for _ in range(3))


def test_a_try_that_fails_or_never_reports_is_followed_by_another_after_the_pause(circuit, clock):
    circuit.failed(), circuit.failed()
    for reports in (True, False, True):
        clock.now += 5
        assert circuit.may_ask()
        if reports:
            circuit.failed()
        assert not circuit.may_ask()
