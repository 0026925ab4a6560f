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
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from attendance import upkeep as upkeep_module
from attendance.captures.backlog import PATIENCE, Turns, capture_take_up_next, captures_requeue
from attendance.captures.state import CAP_DELAY, FIRST_DELAY, LEASE, LONGEST_DELAY, captures_due, delay
from attendance.management.commands.upkeep import DONE, in_words
from attendance.management.commands.worker import SweepingWorker
from attendance.models import Capture, ClassSession
from attendance.repositories import marks_for
from attendance.tasks import KEPT, capture_take_up, tasks_prune
from attendance.upkeep import Upkeep, captures_resume
from enrollment.models import Course
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


def test_what_waits_is_queued_for_when_it_is_due(script, take, django_capture_on_commit_callbacks):
    script.is_away()
    with django_capture_on_commit_callbacks(execute=True):
        capture = take().capture
    task = DBTaskResult.objects.get()
    assert (task.run_after, task.task_path) == (capture.retry_at, capture_take_up.module_path)
    assert timezone.now() < capture.retry_at <= timezone.now() + FIRST_DELAY
    assert captures_resume() == 0  # not before


def test_what_waits_for_money_is_left_to_the_sweep(script, take, django_capture_on_commit_callbacks):
    script.is_away("cap_reached")
    with django_capture_on_commit_callbacks(execute=True):
        capture = take().capture
    assert capture.retry_at > timezone.now() + timedelta(hours=2)
    assert not DBTaskResult.objects.exists()


def test_a_queue_that_cannot_be_written_loses_nothing(script, take, monkeypatch, django_capture_on_commit_callbacks):
    def full(*args, **kwargs):
        raise OSError("no space left on device")

    script.is_away()
    with monkeypatch.context() as broken, django_capture_on_commit_callbacks(execute=True):
        broken.setattr(DBTaskResult.objects, "create", full)
        assert take().capture.state == State.WAITING
    assert not DBTaskResult.objects.exists()
    let_waiting_end()
    assert captures_requeue() == 1


# -- Whose turn --


def test_one_school_s_flood_does_not_hold_up_another(register, elsewhere):
    flood = [store(register, minutes_ago=30 - n) for n in range(4)]
    late = [store(elsewhere, minutes_ago=2), store(elsewhere, minutes_ago=1)]
    turns, order = Turns(), []
    while capture := turns.next(captures_due().exclude(pk__in=[c.pk for c in order])):
        order.append(capture)
    assert order == [flood[0], late[0], flood[1], late[1], flood[2], flood[3]]


def test_who_comes_later_is_next(register, elsewhere):
    flood, turns = [store(register, minutes_ago=30 - n) for n in range(3)], Turns()
    assert turns.next(captures_due()) == flood[0]
    assert turns.next(captures_due().exclude(pk=flood[0].pk)) == flood[1]
    late = store(elsewhere)
    assert turns.next(captures_due().exclude(pk__in=[flood[0].pk, flood[1].pk])) == late
    assert turns.next(Capture.objects.none()) is None


def test_the_sweep_gives_each_capture_a_turn_and_no_more(register, elsewhere, django_capture_on_commit_callbacks):
    for session in (register, register, elsewhere):
        store(session)
    store(register, retry_at=timezone.now() + timedelta(minutes=1))
    with django_capture_on_commit_callbacks(execute=True):
        assert captures_requeue() == 3
    assert captures_requeue() == 0
    task = DBTaskResult.objects.first()
    task.claim("a worker that is killed now")
    with django_capture_on_commit_callbacks(execute=True):
        assert captures_requeue() == 1


def test_old_tasks_go_though_their_worker_never_came_back(db):
    for status, age in [("SUCCESSFUL", 2), ("FAILED", 2), ("RUNNING", 2), ("RUNNING", 0), ("READY", 2)]:
        task = DBTaskResult.objects.get(pk=capture_take_up.enqueue().id)
        begun = None if status == "READY" else timezone.now() - age * KEPT
        DBTaskResult.objects.filter(pk=task.pk).update(status=TaskResultStatus[status], started_at=begun)
    assert tasks_prune() == 3
    assert set(DBTaskResult.objects.values_list("status", flat=True)) == {"RUNNING", "READY"}


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
        worker = SweepingWorker(60)
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
    script.is_away().sees(face((sam.pk, 0.9)))
    capture = take().capture
    let_waiting_end()
    stop_while_recognising()
    work()
    capture.refresh_from_db()
    assert capture.state == State.DONE
    assert marks_for(register.institution).for_session(register.pk)[sam.pk].version == 1
    done = DBTaskResult.objects.successful().get()
    assert (done.return_value, DBTaskResult.objects.running().count()) == (True, 0)


@pytest.mark.django_db(transaction=True)
def test_a_locked_database_does_not_end_a_worker(script, take, sam, work, stop_while_recognising):
    if connection.vendor != "sqlite":
        pytest.skip("Only SQLite locks the whole database.")
    script.is_away().sees(face((sam.pk, 0.9)))
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
    worker = SweepingWorker(60)
    worker.shutdown(signal.SIGTERM, None)
    with pytest.raises(SystemExit):
        worker.shutdown(signal.SIGTERM, None)


# -- What is due --


def test_there_are_words_for_all_that_upkeep_does():
    assert {*Upkeep.__dataclass_fields__} - {"failed"} == set(DONE)
    assert in_words(Upkeep()) == ""
    assert in_words(Upkeep(captures=2, tasks=1)) == "class photos recognised: 2, old tasks deleted: 1"


def test_a_chore_that_fails_keeps_no_other_from_being_done(script, take, monkeypatch, settings, capsys):
    def broken():
        raise RuntimeError("a fault of ours")

    settings.DEMO = False
    script.is_away().sees()
    take()
    let_waiting_end()
    monkeypatch.setattr(upkeep_module, "closings_resume", broken)
    with pytest.raises(CommandError, match="closings"):
        call_command("upkeep")
    assert "class photos recognised: 1" in capsys.readouterr().out


def test_a_sweep_ends_between_two_chores_when_it_is_asked_to(db):
    assert upkeep_module.sweep(is_stopping=lambda: True) == Upkeep()


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
