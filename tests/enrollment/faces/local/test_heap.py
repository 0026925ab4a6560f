"""Memory that goes back to the system."""

import subprocess
import sys

import pytest

from enrollment.faces.local import heap

FREED = """
import ctypes
from pathlib import Path
from enrollment.faces.local import heap

def resident():
    return int(Path("/proc/self/status").read_text().split("VmRSS:")[1].split()[0]) // 1024

def freed(size):
    libc = ctypes.CDLL("libc.so.6")
    libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
    libc.free.argtypes = [ctypes.c_void_p]
    blocks = [libc.malloc(size) for _ in range(400_000_000 // size)]
    for block in blocks:
        ctypes.memset(block, 1, size)
    last = libc.malloc(64)
    for block in blocks:
        libc.free(block)
    return last

heap.heap_configure()
bare = resident()
freed(20_000_000)
large = resident() - bare
freed(50_000)
heap.heap_trim()
print(large, resident() - bare)
"""


@pytest.mark.skipif(heap._glibc() is None, reason="only glibc is told")
def test_freed_memory_goes_back():
    run = subprocess.run([sys.executable, "-c", FREED], capture_output=True, text=True, check=True)
    large, small = map(int, run.stdout.split())
    assert large < 50
    assert small < 50


def test_elsewhere_nothing_is_done(monkeypatch):
    monkeypatch.setattr("platform.libc_ver", lambda: ("musl", "1.2"))
    heap.heap_configure()
    heap.heap_trim()
