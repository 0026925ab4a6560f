"""Memory of a process that holds the face networks: what they needed only while loading goes back to the system.

glibc keeps freed memory for the next who asks, and more of it the larger the blocks were. Compiling the networks leaves
some 100 MB behind so, and pictures of 50 million pixels several times as much. Elsewhere nothing is done.
"""

import ctypes
import gc
import platform

_TRIM, _MMAP, _ARENAS = -1, -3, -8  # the numbers of mallopt's settings in malloc.h
LARGE = 1_000_000  # bytes: blocks from this size on are the system's own, and go back as soon as they are freed
ARENAS = 2  # heaps for all threads; with as many as glibc makes, warm processes hold 70 MB more


def heap_configure() -> None:
    """Let large blocks go back to the system at once, for all of this process."""
    if glibc := _glibc():
        for setting, value in ((_ARENAS, ARENAS), (_MMAP, LARGE), (_TRIM, 2 * LARGE)):
            glibc.mallopt(setting, value)


def heap_trim() -> None:
    """Give back what is free now."""
    gc.collect()
    if glibc := _glibc():
        glibc.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    return ctypes.CDLL("libc.so.6") if platform.libc_ver()[0] == "glibc" else None
