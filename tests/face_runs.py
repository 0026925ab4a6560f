"""Results of the face networks, kept for one test run: whichever process is first computes them for all.

Hundreds of tests enrol the same few people. What the networks make of a picture is a function of its pixels, so every
process of a run (pytest's workers, the local Rekognition) shares one folder of results. It goes with the run.
"""

import hashlib
import os
from collections.abc import Callable
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np

from enrollment.faces.local.networks import Networks
from enrollment.faces.local.weights import Weights

FOLDER = "TESTS_FACE_RUNS"  # the environment's name of the folder, for child processes too
RUNS = ("detect", "embed", "embed_second")  # what of `Networks` is kept

_really = 0  # how many tests want the networks themselves just now


def keep_runs() -> None:
    """Let the networks of this process answer from the run's folder what was computed before."""
    create = Networks.__init__

    @wraps(create)
    def created(self: Any, weights: Weights, *args: Any) -> None:
        create(self, weights, *args)  # sets OpenVINO up with runs of its own
        self.kept_as = repr((weights.key, self.precision))

    Networks.__init__ = created  # type: ignore[method-assign]
    for name in RUNS:
        setattr(Networks, name, _kept(name, getattr(Networks, name)))


@contextmanager
def none_kept():
    """Within it every run is the networks' own."""
    global _really
    _really += 1
    try:
        yield
    finally:
        _really -= 1


def _kept(name: str, run: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(run)
    def kept(self: Any, pixels: Any, *args: Any) -> Any:
        identity, folder = getattr(self, "kept_as", None), os.environ.get(FOLDER)
        if _really or not identity or not folder or not pixels.size:
            return run(self, pixels, *args)
        content = hashlib.sha256(repr((identity, name, pixels.shape, pixels.dtype.str, args)).encode())
        content.update(np.ascontiguousarray(pixels))
        file = Path(folder) / f"{content.hexdigest()}.npy"
        try:
            return np.load(file)
        except FileNotFoundError:
            result = run(self, pixels, *args)
            _write(file, result)
            return result

    return kept


def _write(file: Path, result: Any) -> None:
    """All of it or nothing: another process may be reading."""
    part = file.with_name(f"{uuid4()}.part")
    with part.open("wb") as out:
        np.save(out, result)
    part.replace(file)
