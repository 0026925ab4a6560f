"""LightCNN-V4 from its PyTorch checkpoint, without PyTorch: tensors are unpickled by name, the network is rebuilt.

Wu et al. 2018, "A Light CNN for Deep Face Representation with Noisy Labels" (MIT). A checkpoint is a zip file with a
pickle that names the tensors. A pickle may call anything, so this one may name tensors and dictionaries alone, and its
bytes were compared with a known SHA-256 before (`Weights.read`).
"""

import io
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import numpy as np

from enrollment.faces.local.arrays import Array

SIDE = 128  # pixels of the crop
DIMENSIONS = 256
_NUMBERS = {"FloatStorage": np.float32, "LongStorage": np.int64, "HalfStorage": np.float16}
_BLOCKS = (("conv1", "block1", 1), ("conv2", "block2", 2), ("conv3", "block3", 3), ("conv4", "block4", 4))
_POOLED = ("conv1", "conv2", "conv3")  # followed by a pooling; conv5 too


def lightcnn_model(openvino: Any, checkpoint: bytes) -> Any:
    """The network as OpenVINO's: float planes BGR (n, 3, 128, 128), 0 to 255, in, float (n, 256) out, not of length 1.

    Raises ValueError for a checkpoint with anything other than this network's tensors.
    """
    from openvino import opset13 as ops

    tensors = read_tensors(checkpoint)
    source = ops.parameter([-1, 3, SIDE, SIDE], np.float32)
    x = ops.multiply(source, ops.constant(np.float32(1 / 255)))
    try:
        for convolution, block, count in _BLOCKS:
            x = _mfm(ops, tensors, x, convolution)
            x = _pooled(ops, x) if convolution in _POOLED else x
            for n in range(count):
                x = ops.add(_mfm(ops, tensors, _mfm(ops, tensors, x, f"{block}.{n}.conv1"), f"{block}.{n}.conv2"), x)
        x = _pooled(ops, _mfm(ops, tensors, x, "conv5"))
        x = ops.reshape(x, ops.constant(np.array([-1, 8192])), special_zero=False)
        x = ops.matmul(x, ops.constant(tensors["fc.weight"]), False, True, name="fc")
        x = ops.add(x, ops.constant(tensors["fc.bias"]))
    except KeyError as error:
        raise ValueError(f"the checkpoint holds no {error}") from error
    return openvino.Model([x], [source], "lightcnn-v4")


def _mfm(ops: Any, tensors: Mapping[str, Array], x: Any, name: str) -> Any:
    """A convolution whose outputs compete in pairs: the larger one of each two is kept ("max-feature-map")."""
    kernel, bias = tensors[f"{name}.filter.weight"], tensors[f"{name}.filter.bias"]
    y = ops.convolution(x, ops.constant(np.ascontiguousarray(kernel)), [1, 1], [1, 1], [1, 1], [1, 1], name=name)
    halves = ops.split(ops.add(y, ops.constant(bias.reshape(1, -1, 1, 1))), ops.constant(np.int64(1)), 2)
    return ops.maximum(halves.output(0), halves.output(1))


def _pooled(ops: Any, x: Any) -> Any:
    largest = ops.max_pool(x, [2, 2], [1, 1], [0, 0], [0, 0], [2, 2]).output(0)
    return ops.add(largest, ops.avg_pool(x, [2, 2], [0, 0], [0, 0], [2, 2], False))


def read_tensors(checkpoint: bytes) -> dict[str, Array]:
    """The checkpoint's tensors by name. Raises ValueError for any other file, or one that names more than tensors."""
    try:
        with zipfile.ZipFile(io.BytesIO(checkpoint)) as archive:
            state = _Tensors(archive).load()["state_dict"]
    except (zipfile.BadZipFile, pickle.UnpicklingError, KeyError, EOFError, TypeError) as error:
        raise ValueError("this is no checkpoint of LightCNN") from error
    return {str(name).removeprefix("module."): tensor for name, tensor in state.items()}


class _Tensors(pickle.Unpickler):
    """Unpickler of arrays, dictionaries and numbers that refuses anything else a pickle could name."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        super().__init__(io.BytesIO(archive.read("archive/data.pkl")))
        self._archive = archive

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuilt
        if module == "torch" and name in _NUMBERS:
            return name
        raise pickle.UnpicklingError(f"{module}.{name} is not a tensor")

    def persistent_load(self, pid: Any) -> Array:
        _storage, kind, key, *_rest = pid
        return np.frombuffer(self._archive.read(f"archive/data/{key}"), _NUMBERS[kind])


def _rebuilt(storage: Array, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_hooks: Any) -> Array:
    """A tensor in PyTorch's layout, a view of a storage with strides counted in elements. Copied, bounds checked."""
    last = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
    if offset < 0 or min(stride, default=0) < 0 or (storage.size and last >= storage.size):
        raise pickle.UnpicklingError("a tensor reaches beyond its storage")
    steps = [step * storage.itemsize for step in stride]
    return np.lib.stride_tricks.as_strided(storage[offset:], size, steps).copy()
