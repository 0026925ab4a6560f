"""Locks in processes that fork."""

import os
import threading


class ForkedLock:
    """A lock, and another one in a forked child.

    A fork while another thread holds it would leave it held for ever there. lock: that of this process.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
            os.register_at_fork(after_in_child=self._renew)

    def _renew(self) -> None:
        self.lock = threading.Lock()
