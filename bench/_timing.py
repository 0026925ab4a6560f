"""Stop-watch of the scripts beside this file."""

import statistics
import time
from collections.abc import Callable


def median(call: Callable[[], object], rounds: int = 7) -> float:
    """Median milliseconds of a call, after one that is not counted."""
    call()
    taken = []
    for _ in range(rounds):
        started = time.perf_counter()
        call()
        taken.append((time.perf_counter() - started) * 1000)
    return statistics.median(taken)
