"""Threads of the networks let others go first."""

import subprocess
import sys

import pytest

LOADED = """
import os, threading
from pathlib import Path
import numpy as np
from enrollment.faces.local.courtesy import NICENESS
from enrollment.faces.local.networks import Threads, networks_for
from enrollment.faces.local.weights import Weights

def niceness(thread):
    return os.getpriority(os.PRIO_PROCESS, thread)

def threads():
    return {int(task.name) for task in Path("/proc/self/task").iterdir()}

before = threads()  # numpy has begun threads of its own, which are busy at first
go = threading.Event()
other = threading.Thread(target=go.wait, daemon=True)
loading = threading.Thread(target=lambda: (other.start(), networks_for(Weights(), Threads(1, 2))))
loading.start()
loading.join()
networks_for(Weights(), Threads(1, 2)).embed(np.zeros((60, 112, 112, 3), np.uint8))
pythons = {thread.native_id for thread in threading.enumerate()}
networks = threads() - pythons - before
print({niceness(thread) for thread in networks} == {NICENESS}, {niceness(thread) for thread in pythons} == {0})
"""


@pytest.mark.skipif(sys.platform != "linux", reason="Linux has threads with a niceness of their own")
def test_the_networks_threads_are_courteous_and_pythons_are_not():
    run = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["True", "True"]
