"""A limit on the processor's time of a call into a library that offers none."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_CALLS_BETWEEN = 200  # looks at the clock


class TookTooLong(Exception):
    """The time was used up."""


@contextmanager
def deadline(until: float) -> Iterator[None]:
    """Interrupt Python code of this thread at `until`, on the clock of `time.thread_time()`. Raises TookTooLong.

    Some repetition rules match nothing, and are searched day by day until the year 9999 within one call. The
    interpreter reports each call of a function meanwhile, and there the clock is looked at.
    """
    calls = 0

    def look(_frame: FrameType, _event: str, _argument: object) -> None:
        nonlocal calls
        calls += 1
        if calls % _CALLS_BETWEEN == 1 and time.thread_time() > until:
            sys.setprofile(before)
            raise TookTooLong

    before = sys.getprofile()
    sys.setprofile(look)
    try:
        yield
    finally:
        sys.setprofile(before)
