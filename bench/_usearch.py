"""usearch's graph over the vectors of a file: times to build and to query it, and its recall.

Run by `gallery.py` in the environment of the bench's rivals.
"""

import json
import sys
import time

import numpy as np
from usearch.index import Index

file = np.load(sys.argv[1])
matrix, probes = file["matrix"], file["probes"]
index = Index(ndim=matrix.shape[1], metric="ip", dtype="f16")
started = time.perf_counter()
index.add(np.arange(len(matrix)), matrix)
built = time.perf_counter() - started
# The nearest besides a roster of 30: the graph knows no exceptions, so 31 are asked for.
index.search(probes, 31)
started = time.perf_counter()
for probe in probes:
    index.search(probe, 31)
asked = (time.perf_counter() - started) * 1000 / len(probes)
found = index.search(probes, 31).keys
elsewhere = [next((key for key in keys if key >= 30), -1) for keys in found]
right = np.mean(np.array(elsewhere) == 30 + (probes @ matrix[30:].T).argmax(1))
print(
    json.dumps(
        {
            "probe_ms": round(asked, 3),
            "index_seconds": round(built, 1),
            "index_mb": round(index.memory_usage / 1e6, 1),
            "right": round(float(right), 3),
        }
    )
)
