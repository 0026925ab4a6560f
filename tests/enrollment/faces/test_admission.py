"""Turns at the face networks: their order, one at a time in a process and on a machine, also where one dies."""

import errno
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from uuid import UUID, uuid4

import pytest
from PIL import Image

from enrollment.faces.admission import Admission, Kind, Order, Ticket, admission_for

A, B, C = (UUID(int=n) for n in (1, 2, 3))
HOLDS = """
import sys, time
from pathlib import Path
from uuid import UUID
from enrollment.faces.admission import Admission, Kind
with Admission(Path(sys.argv[1])).turn(Kind.CLASS, UUID(int=1)):
    print("in", flush=True)
    sys.stdin.readline()
print("out", flush=True)
"""


def served(*tickets, order=None):
    """The numbers of all of them in the order of their turns."""
    waiting, order, numbers = set(tickets), order or Order(), []
    while ticket := order.first(waiting):
        order.serve(ticket)
        waiting.remove(ticket)
        numbers.append(ticket.number)
    return numbers


class TestOrder:
    def test_nobody_waits(self):
        assert Order().first([]) is None

    def test_of_one_school_the_first_comes_first(self):
        assert served(*(Ticket(n, Kind.CLASS, A) for n in (3, 1, 2))) == [1, 2, 3]

    def test_a_school_with_twenty_classes_does_not_hold_up_one_with_two(self):
        many = [Ticket(n, Kind.CLASS, A) for n in range(20)]
        few = [Ticket(n, Kind.CLASS, B) for n in (20, 21)]
        assert served(*many, *few)[:5] == [0, 20, 1, 21, 2]

    def test_three_schools_take_turns_whatever_they_have_had(self):
        order = Order()
        served(*(Ticket(n, Kind.CLASS, A) for n in range(9)), order=order)
        later = [Ticket(10 * n + m, Kind.CLASS, school) for n, school in enumerate((A, B, C), 1) for m in (0, 1)]
        assert served(*later, order=order) == [20, 30, 10, 21, 31, 11]

    def test_somebody_at_a_tablet_waits_for_one_class_at_most(self):
        classes = [Ticket(n, Kind.CLASS, A) for n in range(5)]
        assert served(*classes, Ticket(9, Kind.GLANCE, A))[:2] == [9, 0]
        order = Order()
        order.serve(Ticket(0, Kind.GLANCE, A))
        assert served(*classes, Ticket(8, Kind.GLANCE, A), Ticket(9, Kind.GLANCE, B), order=order)[:4] == [0, 9, 1, 8]

    def test_a_thousand_enrolments_take_every_other_turn_at_most(self):
        enrolments = [Ticket(n, Kind.ENROLMENT, A) for n in range(10)]
        assert served(*enrolments, *(Ticket(n, Kind.CLASS, B) for n in (20, 21)))[:4] == [20, 0, 21, 1]

    def test_a_small_picture_is_a_glance(self):
        assert Kind.of(Image.new("RGB", (640, 480))) == Kind.GLANCE
        assert Kind.of(Image.new("RGB", (1176, 716))) == Kind.CLASS


@contextmanager
def waiting(admission, *tickets):
    """Threads that wait for their turns while somebody has one; what happened, in the list that is yielded."""
    happened, threads = [], []

    def take(number, kind, school):
        with admission.turn(kind, school):
            happened.append(f"{number} in")
            time.sleep(0.01)
            happened.append(f"{number} out")

    with admission.turn(Kind.CLASS, A):
        for n, (kind, school) in enumerate(tickets):
            threads.append(threading.Thread(target=take, args=[n, kind, school]))
            threads[-1].start()
            while admission.waiting <= n:
                time.sleep(0.001)
        yield happened
    for thread in threads:
        thread.join(20)


@pytest.mark.parametrize("is_shared", [False, True])
def test_one_at_a_time_and_in_order(tmp_path, is_shared):
    admission = Admission(tmp_path if is_shared else None)
    with waiting(admission, *[(Kind.CLASS, A)] * 3, (Kind.CLASS, B), (Kind.GLANCE, A)) as happened:
        time.sleep(0.02)
        assert happened == []
    assert happened == [f"{n} {what}" for n in (4, 3, 0, 1, 2) for what in ("in", "out")]
    assert admission.waiting == 0


def test_two_places_hold_two(tmp_path):
    admission, both = Admission(tmp_path, places=2), threading.Barrier(2)

    def meet():
        with admission.turn(Kind.CLASS, A):
            both.wait(20)

    other = threading.Thread(target=meet)
    other.start()
    meet()
    other.join(20)
    assert not both.broken


def test_who_has_no_patience_goes_on_without_a_turn():
    admission = Admission(None)
    with admission.turn(Kind.CLASS, A) as first:
        with admission.turn(Kind.CLASS, A, patience=0.01) as second:
            assert (first, second) == (True, False)
        assert admission.waiting == 0
    with admission.turn(Kind.CLASS, A, patience=0.01) as third:
        assert third


def test_an_error_gives_the_place_back(tmp_path):
    admission = Admission(tmp_path)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), admission.turn(Kind.CLASS, A):
            raise ZeroDivisionError


def test_where_no_file_can_be_written_a_process_has_turns_of_its_own(tmp_path, caplog):
    (tmp_path / "file").touch()
    with Admission(tmp_path / "file" / "folder").turn(Kind.CLASS, A):
        assert "do not wait for those of other processes" in caplog.text


def test_where_files_cannot_be_locked_a_photo_is_computed_all_the_same(tmp_path, caplog, monkeypatch):
    def flock(handle, operation):
        raise OSError(errno.ENOLCK, "No locks available")  # as on a network drive without a lock daemon

    monkeypatch.setattr("enrollment.faces.admission.fcntl.flock", flock)
    with Admission(tmp_path).turn(Kind.CLASS, A) as has_turn:
        assert has_turn
    assert "do not wait for those of other processes" in caplog.text


def test_a_process_has_one_admission_for_a_folder(tmp_path):
    assert admission_for(tmp_path, 1) is admission_for(tmp_path, 1) is not admission_for(tmp_path / "other", 1)


class TestProcesses:
    @pytest.fixture
    def started(self):
        processes = []

        def start(folder):
            command = [sys.executable, "-c", HOLDS, str(folder)]
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            processes.append(process)
            return process

        yield start
        for process in processes:
            process.kill()
            process.communicate()

    def test_two_processes_take_turns(self, tmp_path, started):
        admission = Admission(tmp_path)
        with admission.turn(Kind.CLASS, A):
            other = started(tmp_path)
            said = []
            reader = threading.Thread(target=lambda: said.append(other.stdout.readline()))
            reader.start()
            reader.join(1)
            assert said == []
        reader.join(20)
        assert said == ["in\n"]
        other.communicate("\n")
        with admission.turn(Kind.CLASS, A):
            pass

    def test_a_killed_process_holds_nothing_up(self, tmp_path, started):
        other = started(tmp_path)
        assert other.stdout.readline() == "in\n"
        other.kill()
        with Admission(tmp_path).turn(Kind.CLASS, uuid4()):
            pass

    def test_a_process_that_hangs_is_not_waited_for_for_ever(self, tmp_path, started, monkeypatch, caplog):
        monkeypatch.setattr("enrollment.faces.admission.LONGEST", 0.1)
        assert started(tmp_path).stdout.readline() == "in\n"
        with Admission(tmp_path).turn(Kind.CLASS, A):
            assert "was not free" in caplog.text
