"""Threads of the networks that let every other thread of the machine go first: a page waits for no photo."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

NICENESS = 5  # a third of the processor time of a thread that competes; alone they have all of it
_TASKS = Path("/proc/self/task")


@contextmanager
def courteous_threads() -> Iterator[None]:
    """Threads that a library starts within the block are courteous; Python's own are not. On Linux alone."""
    before = _threads()
    yield
    for thread in _threads() - before:
        with suppress(OSError):  # it has ended
            os.setpriority(os.PRIO_PROCESS, thread, NICENESS)


def _threads() -> set[int]:
    """Ids of the threads that are not Python's."""
    if not _TASKS.is_dir():
        return set()
    every = {int(task.name) for task in _TASKS.iterdir()}
    return every - {thread.native_id for thread in threading.enumerate()}
