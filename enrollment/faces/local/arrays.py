"""Pictures and vectors as numpy arrays."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def unit(vectors: Array) -> Array:
    """The same directions, of length 1, float32. A vector of length 0 stays as it is."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return (vectors / np.maximum(length, np.float32(1e-12))).astype(np.float32)
