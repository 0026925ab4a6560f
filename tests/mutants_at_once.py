"""Plugin of pytest by which `tests/mutants.py` tries mutants: each in a fork of one process.

The tests are collected and the database is made once. A first pass runs every test and notes which functions it calls;
a mutant is tried with the tests that call its function, until one fails. What became of each is written as JSON.
"""

import json
import os
import signal
import time
from collections import defaultdict
from pathlib import Path

import pytest
from mutmut.mutation import trampoline

KILLED, SURVIVED, UNCALLED, TIMED_OUT = "killed", "survived", "no tests", "timeout"
PATIENCE = 20  # seconds for a mutant, and as many times longer than its tests take without it
TIMES = 10


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session):
    """Run the first pass, then every mutant that the file MUTANTS_NAMES lists; the outcomes go to MUTANTS_TOLD."""
    names = Path(os.environ["MUTANTS_NAMES"]).read_text("utf-8").split()
    calls, seconds = first_pass(session)
    if session.testsfailed:
        raise session.Failed("The tests fail without a mutant.")
    told = {}
    for name in names:
        items = calls.get(name.rpartition("__mutmut_")[0], [])
        told[name] = tried(session, name, items, seconds) if items else UNCALLED
        Path(os.environ["MUTANTS_TOLD"]).write_text(json.dumps(told), "utf-8")
    return True


def first_pass(session):
    """The tests that call each function, and the seconds that each test takes."""
    calls, seconds, called = defaultdict(list), {}, set()
    trampoline.record_trampoline_hit = lambda name, caller=None: called.add(name)
    trampoline.set_mutant_under_test("stats")
    for item in session.items:
        called.clear()
        since = time.monotonic()
        run(session, item)
        seconds[item] = time.monotonic() - since
        for name in called:
            calls[name].append(item)
    return calls, seconds


def run(session, item):
    # The session as what comes next keeps its own fixtures alone: the database stays as it was made.
    item.config.hook.pytest_runtest_protocol(item=item, nextitem=session)


def tried(session, name, items, seconds):
    items = sorted(items, key=seconds.__getitem__)
    child = os.fork()
    if child == 0:
        os._exit(fails(session, name, items))
    end = time.monotonic() + PATIENCE + TIMES * sum(seconds[item] for item in items)
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return SURVIVED if os.waitstatus_to_exitcode(status) == 0 else KILLED
        time.sleep(0.005)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return TIMED_OUT


def fails(session, name, items):
    """1 as soon as a test fails with this mutant, in the forked process; else 0."""
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, 1)
    os.dup2(devnull, 2)
    trampoline.set_mutant_under_test(name)
    try:
        for item in items:
            run(session, item)
            if session.testsfailed:
                return 1
    except BaseException:
        return 1
    return 0
