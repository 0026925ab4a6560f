"""Exact search for the nearest of very many templates, in a few milliseconds a probe.

Comparing a face with a million vectors is bound by reading them. So OpenVINO first reads a copy in halves and bounds
the best similarity in each block of vectors; only the few blocks that may hold the answer are then compared in full
precision. The answers are those of the whole matrix (`tests/enrollment/faces/local/test_index.py`).
"""

import os
import threading
from collections.abc import Collection
from typing import Any

import numpy as np

from enrollment.faces.local.arrays import Array
from enrollment.faces.local.networks import DIMENSIONS, alone, apart, best_precision, import_openvino

BLOCK = 256  # vectors that are compared together in full precision
CHUNK = 1024 * BLOCK  # vectors of one run: with thirty faces their cosines take 31 MB
# Largest error of a cosine of unit vectors in halves: 128 products, each rounded by 2^-11 at most three times, would
# add up to 0.0015 if all erred the same way. A larger figure costs a block or two.
SLACK = 0.002


class Index:
    """Index of vectors of length 1 or less, float32 (n, 128). Thread-safe. Keeps a copy of half the size if the
    processor computes in halves, otherwise none."""

    def __init__(self, matrix: Array) -> None:
        self._matrix = matrix
        self._dtype = _searcher().dtype
        self._chunks = [_padded(matrix[at : at + CHUNK], self._dtype) for at in range(0, len(matrix), CHUNK)]

    def best(
        self, probes: Array, top: int, *, but: Collection[int] = (), least: float = -1.0
    ) -> list[list[tuple[int, float]]]:
        """For each probe, float32 (k, 128), of length 1 or less, its `top` nearest rows at or above `least`, as
        (row, cosine), best first, ties by row. Rows in `but` are left out."""
        barred = frozenset(but)
        nearest = self._nearest_in_blocks(probes)
        return [self._best(*pair, top, barred, least) for pair in zip(probes, nearest, strict=True)]

    def _nearest_in_blocks(self, probes: Array) -> Array:
        """The largest cosine of each block's rows and each probe, to within SLACK: float32 (k, blocks)."""
        search = _searcher()
        sent = probes.astype(self._dtype)
        return np.concatenate([search(sent, chunk) for chunk in self._chunks], axis=1)

    def _best(
        self, probe: Array, nearest: Array, top: int, barred: Collection[int], least: float
    ) -> list[tuple[int, float]]:
        """The `top` nearest rows of one probe: blocks in order of their bound, until no other can hold a better row."""
        found: list[tuple[int, float]] = []
        for _ in range(len(nearest)):
            block = int(nearest.argmax())
            threshold = found[top - 1][1] if len(found) >= top else least
            if nearest[block] < threshold - SLACK:
                break
            nearest[block] = -np.inf
            found += [pair for pair in self._in_block(block, probe, threshold) if pair[0] not in barred]
            found = sorted(found, key=lambda pair: (-pair[1], pair[0]))[:top]
        return found

    def _in_block(self, block: int, probe: Array, least: float) -> list[tuple[int, float]]:
        """A block's rows at or above `least`, compared in full precision."""
        first = block * BLOCK
        cosines = self._matrix[first : first + BLOCK] @ probe
        return [(first + int(row), float(cosines[row])) for row in np.flatnonzero(cosines >= least)]


def _padded(part: Array, dtype: Any) -> Array:
    """A chunk's copy, padded with zeros to whole blocks: their cosine with any probe is 0."""
    if len(part) % BLOCK == 0 and part.dtype == dtype:
        return np.ascontiguousarray(part)
    chunk = np.zeros((-(-len(part) // BLOCK) * BLOCK, DIMENSIONS), dtype)
    chunk[: len(part)] = part
    return chunk


class _Searcher:
    """Largest cosine in each block of a chunk for k probes; one network for every institution."""

    def __init__(self) -> None:
        openvino = import_openvino()
        core = openvino.Core()
        precision = best_precision(core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"))
        self.dtype = np.float16 if precision == "f16" else np.float32
        config = {"INFERENCE_PRECISION_HINT": precision, "NUM_STREAMS": "1"}
        self._compiled = core.compile_model(_block_maxima(openvino, self.dtype), "CPU", config)
        self._own = threading.local()
        self(np.zeros((1, DIMENSIONS), self.dtype), np.zeros((BLOCK, DIMENSIONS), self.dtype))

    def __call__(self, probes: Array, chunk: Array) -> Array:
        """Largest cosines, float32 (k, blocks of the chunk), of probes (k, 128)."""
        if not hasattr(self._own, "request"):
            self._own.request = self._compiled.create_infer_request()
        result = self._own.request.infer([probes, chunk], share_inputs=True, share_outputs=False)
        return np.asarray(result[0])


def _block_maxima(openvino: Any, dtype: Any) -> Any:
    """The network: probes (k, 128) and a chunk of vectors in, the largest cosine of each block out."""
    from openvino import opset13 as ops

    kind = openvino.Type(np.dtype(dtype))
    probes, chunk = ops.parameter([-1, DIMENSIONS], kind), ops.parameter([-1, DIMENSIONS], kind)
    cosines = ops.matmul(probes, chunk, False, True)
    blocks = ops.reshape(cosines, ops.constant(np.array([0, -1, BLOCK])), special_zero=True)
    largest = ops.reduce_max(blocks, ops.constant(np.array([2])))
    return openvino.Model([ops.convert(largest, "f32")], [probes, chunk])


_searchers: dict[int, _Searcher] = {}


def _searcher() -> _Searcher:
    """The searcher of this process: OpenVINO's threads do not survive a fork (`networks_for`)."""
    process = os.getpid()
    with alone():
        if process not in _searchers:
            _searchers[process] = apart(_Searcher)
        return _searchers[process]
