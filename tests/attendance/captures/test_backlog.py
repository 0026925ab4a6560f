"""Work that waits: when it is tried again, whose turn it is, and the worker that does it."""

import os
import signal
import sqlite3
import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from accounts.leases import Turns
from attendance import upkeep as upkeep_module
from attendance.captures.backlog import PATIENCE, capture_take_up_next
from attendance.captures.state import (
    CAP_DELAY,
    FIRST_DELAY,
    LEASE,
    LONGEST_DELAY,
    captures_due,
    claim_oldest,
    delay,
)
from attendance.management.commands.upkeep import DONE, in_words
from attendance.models import Capture, ClassSession
from attendance.repositories import marks_for
from attendance.upkeep import Upkeep, captures_resume
from enrollment.models import Course
from portal.management.commands.worker import Worker
from tests.attendance.api.client import jpeg
from tests.attendance.captures.waiting import let_waiting_end
from tests.contracts.conftest import at_once
from tests.engines import ScriptedEngine, face, script_of

State = Capture.State


def store(session, *, minutes_ago=0, **fields):
    """A capture of a session, waiting and due."""
    fields = {"state": State.WAITING, "reason": "throttled", "kind": "photo", "width": 320, "height": 240} | fields
    capture = Capture(institution=session.institution, session=session, nonce=uuid4(), **fields)
    capture.taken_at = timezone.now() - timedelta(minutes=minutes_ago)
    capture.picture.save("picture.jpg", ContentFile(jpeg()), save=False)
    capture.save(force_insert=True)
    return capture


@pytest.fixture
def elsewhere(hilltop, script):
    """An open register at Hilltop."""
    course = Course.objects.create(institution=hilltop, code="C", name="Chemistry")
    now = timezone.now()
    return ClassSession.objects.create(
        institution=hilltop, course=course, starts_at=now, ends_at=now + timedelta(minutes=50), state="open"
    )


# -- When --


def test_the_delay_grows_is_capped_and_spread():
    for waits in range(1, 40):
        longest = min(FIRST_DELAY * 2 ** (waits - 1), LONGEST_DELAY)
        drawn = [delay(waits) for _ in range(50)]
        assert all(longest / 2 <= one <= longest for one in drawn)
        assert len(set(drawn)) > 40


def test_a_spent_budget_is_asked_about_a_few_times_a_day():
    assert all(CAP_DELAY / 2 <= delay(waits, "cap_reached") <= CAP_DELAY for waits in (1, 2, 1000))


def test_what_waits_is_due_at_its_time_and_not_before(script, take):
    script.is_unavailable().is_unavailable().sees()
    capture = take().capture
    assert timezone.now() < capture.retry_at <= timezone.now() + FIRST_DELAY
    assert not capture_take_up_next()
    let_waiting_end()
    assert capture_take_up_next()
    first, again = capture.retry_at, Capture.objects.get()
    assert (again.state, again.waits) == (State.WAITING, 2)
    assert again.retry_at > first
    let_waiting_end()
    assert capture_take_up_next()
    assert Capture.objects.get().state == State.DONE
    assert not capture_take_up_next()


def test_what_waits_for_money_is_tried_hours_later(script, take):
    script.is_unavailable("cap_reached")
    assert take().capture.retry_at > timezone.now() + timedelta(hours=2)
    assert not captures_due().exists()


# -- Whose turn --


def test_one_school_s_flood_does_not_hold_up_another(register, elsewhere):
    flood = [store(register, minutes_ago=30 - n) for n in range(4)]
    late = [store(elsewhere, minutes_ago=2), store(elsewhere, minutes_ago=1)]
    turns, order = Turns(since="taken_at"), []
    while school := turns.next_school(captures_due()):
        order.append(claim_oldest(captures_due().filter(institution_id=school))[0])
    assert order == [flood[0], late[0], flood[1], late[1], flood[2], flood[3]]


def test_the_school_that_comes_later_is_next(register, elsewhere):
    turns = Turns(since="taken_at")
    for n in range(3):
        store(register, minutes_ago=30 - n)
    assert [turns.next_school(captures_due()) for _ in range(2)] == [register.institution_id] * 2
    store(elsewhere)
    assert turns.next_school(captures_due()) == elsewhere.institution_id
    assert turns.next_school(captures_due()) == register.institution_id
    assert turns.next_school(Capture.objects.none()) is None


def test_a_capture_that_fails_does_not_block_the_next(script, register, monkeypatch, caplog):
    broken, sound = store(register, minutes_ago=2), store(register, minutes_ago=1)
    identify = ScriptedEngine.identify

    def fails_once(self, *args, **kwargs):
        monkeypatch.setattr(ScriptedEngine, "identify", identify)
        raise ZeroDivisionError("a fault of ours")

    monkeypatch.setattr(ScriptedEngine, "identify", fails_once)
    script.sees().sees()
    assert [capture_take_up_next() for _ in range(3)] == [True, True, False]
    assert str(broken.pk) in caplog.text
    broken.refresh_from_db()
    sound.refresh_from_db()
    assert (broken.state, broken.attempts, sound.state) == (State.RECOGNISING, 1, State.DONE)
    Capture.objects.filter(pk=broken.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert captures_resume() == 1  # as after a process that died with it
    broken.refresh_from_db()
    assert (broken.state, broken.attempts) == (State.DONE, 2)


def test_upkeep_goes_on_after_a_capture_that_fails(script, register, monkeypatch):
    for n in range(3):
        store(register, minutes_ago=n)
    identify, calls = ScriptedEngine.identify, []

    def fails_once(self, *args, **kwargs):
        calls.append(1)
        if len(calls) == 2:
            raise ZeroDivisionError("a fault of ours")
        return identify(self, *args, **kwargs)

    monkeypatch.setattr(ScriptedEngine, "identify", fails_once)
    script.sees().sees()
    assert captures_resume() == 2


# -- The worker --


@pytest.fixture
def keep_signals():
    earlier = {n: signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)}
    yield
    for n, handler in earlier.items():
        signal.signal(n, handler)


@pytest.fixture
def work(keep_signals, settings):
    """Runs a worker until the test's engine sends the signal."""
    settings.DEMO = False

    def until_stopped():
        worker = Worker(60)
        worker.configure_signals()
        worker.run_until_stopped()

    return until_stopped


@pytest.fixture
def stop_while_recognising(script, monkeypatch):
    """The engine asks the worker to stop in the midst of its answer."""
    identify = ScriptedEngine.identify

    def signalled(self, *args, **kwargs):
        os.kill(os.getpid(), signal.SIGTERM)
        return identify(self, *args, **kwargs)

    def arm():
        monkeypatch.setattr(ScriptedEngine, "identify", signalled)

    return arm


@pytest.mark.django_db(transaction=True)
def test_a_worker_takes_up_what_waits_and_finishes_it_when_it_is_stopped(
    script, take, register, sam, work, stop_while_recognising
):
    script.is_unavailable().sees(face((sam.pk, 0.9)))
    capture = take().capture
    let_waiting_end()
    stop_while_recognising()
    work()
    capture.refresh_from_db()
    assert capture.state == State.DONE
    assert marks_for(register.institution).for_session(register.pk)[sam.pk].version == 1


@pytest.mark.django_db(transaction=True)
def test_a_locked_database_does_not_end_a_worker(script, take, sam, work, stop_while_recognising):
    if connection.vendor != "sqlite":
        pytest.skip("Only SQLite locks the whole database.")
    script.is_unavailable().sees(face((sam.pk, 0.9)))
    capture = take().capture
    let_waiting_end()
    stop_while_recognising()
    connection.cursor().execute("PRAGMA busy_timeout = 50")
    other = sqlite3.connect(connection.settings_dict["NAME"], check_same_thread=False, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    threading.Timer(1.5, other.execute, ["COMMIT"]).start()
    work()
    other.close()
    connection.close()
    capture.refresh_from_db()
    assert capture.state == State.DONE


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_recognise_each_capture_once(script, register, elsewhere, riverside, hilltop, sam):
    for session in (register, register, elsewhere):
        store(session)
    calls = at_once(*[capture_take_up_next] * 4)
    assert sum(calls) == 3
    assert set(Capture.objects.values_list("state", "attempts")) == {(State.DONE, 1)}
    assert [len(script_of(school).candidates) for school in (riverside, hilltop)] == [2, 1]


def test_the_second_signal_does_not_wait(keep_signals):
    worker = Worker(60)
    worker.shutdown(signal.SIGTERM, None)
    with pytest.raises(SystemExit):
        worker.shutdown(signal.SIGTERM, None)


# -- What is due --


def test_there_are_words_for_all_that_upkeep_does():
    assert {*Upkeep.__dataclass_fields__} - {"failed"} == set(DONE)
    assert in_words(Upkeep()) == ""
    assert in_words(Upkeep(captures=2, check_ins=1)) == (
        "class photos recognised: 2, traces of check-ins by code deleted: 1"
    )


def test_a_chore_that_fails_keeps_no_other_from_being_done(script, take, monkeypatch, settings, capsys):
    def broken():
        raise RuntimeError("a fault of ours")

    settings.DEMO = False
    script.is_unavailable().sees()
    take()
    let_waiting_end()
    monkeypatch.setattr(upkeep_module, "closings_resume", broken)
    with pytest.raises(CommandError, match="closings"):
        call_command("upkeep")
    assert "class photos recognised: 1" in capsys.readouterr().out


def test_a_sweep_ends_between_two_chores_when_it_is_asked_to(db):
    assert upkeep_module.sweep(every=timedelta(0), is_stopping=lambda: True) == Upkeep()


def test_a_worker_waits_longer_for_its_share_of_the_quota_than_a_page(script, take, register, monkeypatch):
    from portal.aws import pace

    waited = []

    def identify(self, *args, **kwargs):
        waited.append(pace._patience.get())
        return []

    monkeypatch.setattr(ScriptedEngine, "identify", identify)
    take()
    store(register)
    assert capture_take_up_next()
    assert waited == [None, PATIENCE]
    assert timedelta(seconds=2 * PATIENCE) < LEASE
