"""Room for decoded pictures: so many pixels at a time in a process, in the order of asking."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class PixelRoom:
    """Room for `most` pixels. A single picture with more than that has all of it."""

    def __init__(self, most: int) -> None:
        self._most = self._free = most
        self._changed = threading.Condition()
        self._line = threading.Lock()  # a large picture that waits is not overtaken by small ones for ever

    @contextmanager
    def taken(self, pixels: int) -> Iterator[None]:
        """Wait for room for a picture, and have it until the block ends."""
        wanted = min(pixels, self._most)
        with self._line, self._changed:
            self._changed.wait_for(lambda: self._free >= wanted)
            self._free -= wanted
        try:
            yield
        finally:
            with self._changed:
                self._free += wanted
                self._changed.notify_all()
