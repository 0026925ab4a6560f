"""Embedders in integers: products of 8-bit numbers, by ranges that were measured once and ship beside this file.

Each convolution's input is rounded to 256 steps between its `low` and `high`, its weights to 255 steps of each output
channel's own length (post-training quantisation: Jacob et al. 2018, "Quantization and Training of Neural Networks for
Efficient Integer-Arithmetic-Only Inference"). Channels of very unequal size would waste most of those steps: before
rounding each is divided by its scale, with which the weights are multiplied instead (Nagel et al. 2019, "Data-Free
Quantization Through Weight Equalization and Bias Correction"). OpenVINO computes in integers wherever it finds both
roundings. `bench/training/ranges.py` measures the ranges; nothing is measured here.
"""

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import cv2
import numpy as np

from enrollment.faces.local.arrays import Array
from enrollment.faces.local.weights import EMBEDDER, SECOND, WeightFile

logger = logging.getLogger(__name__)

FILES: Mapping[str, Path] = {
    EMBEDDER.name: Path(__file__).with_name("ranges.json"),
    SECOND.name: Path(__file__).with_name("ranges_second.json"),
}
QUANTISED = ("Convolution", "GroupConvolution", "MatMul")
STEPS = 255  # between the lowest and the highest of 256 values
VNNI = 23  # OpenCV's number of AVX512-VNNI (CV_CPU_AVX_512VNNI), which its Python module does not name


@dataclass(frozen=True)
class Range:
    """Range of one operation's input, each channel divided by its scale: scales float32 (channels,), or (1,) for all
    alike."""

    low: float
    high: float
    scales: Array


@dataclass(frozen=True)
class Ranges:
    """Ranges of a network by the name of the operation whose input they are. sha256: of the weight file."""

    sha256: str
    of: Mapping[str, Range]

    @classmethod
    def read(cls, text: str) -> Self:
        """The ranges in the text of a file that `bench.training` wrote. Raises ValueError for any other text."""
        try:
            document = json.loads(text)
            found = {
                str(name): Range(float(own["low"]), float(own["high"]), np.array(own["scales"], np.float32))
                for name, own in document["ranges"].items()
            }
            sha256 = str(document["sha256"])
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"it lacks {error}") from error
        for name, own in found.items():
            if not (own.low <= 0 < own.high and own.scales.ndim == 1 and (own.scales > 0).all()):
                raise ValueError(f"no range is {name}'s")
        return cls(sha256, found)


def multiplies_integers() -> bool:
    """True on processors that multiply four pairs of 8-bit numbers in one step (AVX512-VNNI, as those with AMX).

    OpenVINO names INT8 among any processor's capabilities, so OpenCV is asked. Elsewhere integers gain less, and the
    sums of products may overflow (AVX2).
    """
    return bool(cv2.checkHardwareSupport(VNNI))


def quantise(model: Any, file: WeightFile, sha256: str) -> None:
    """Let integers compute a float network, made from a weight file of this hash, by its shipped ranges, in place.

    Where they cannot be used the network stays as it is, with a line in the log: it is slower so, and no less accurate.
    """
    path = FILES[file.name]
    try:
        ranges = Ranges.read(path.read_text("utf-8"))
        if ranges.sha256 != sha256:
            raise ValueError("they were measured with other weights")
        insert_roundings(model, ranges)
    except (OSError, ValueError) as error:
        logger.warning("%s runs in full precision, for the ranges in %s are of no use: %s", file.name, path, error)


def insert_roundings(model: Any, ranges: Ranges) -> None:
    """Insert roundings to integers into a float network, in place. Raises ValueError, with the network as it was, if
    the ranges do not fit."""
    operations = dict(quantised_operations(model))
    if operations.keys() != ranges.of.keys() or not all(
        fits(operation, ranges.of[name]) for name, operation in operations.items()
    ):
        raise ValueError("the ranges are another network's")
    for name, operation in operations.items():
        _round_input(operation, ranges.of[name])
        _round_weights(operation, ranges.of[name].scales)


def quantised_operations(model: Any) -> Iterator[tuple[str, Any]]:
    """Names and operations of a float network that integers compute, in its order; its constants are folded, so that
    each has plain weights."""
    from openvino.passes import ConstantFolding, Manager

    folding = Manager()
    folding.register_pass(ConstantFolding())
    folding.run_passes(model)
    for operation in model.get_ordered_ops():
        if operation.get_type_name() in QUANTISED:
            yield operation.get_friendly_name(), operation


def fits(operation: Any, own: Range) -> bool:
    """True if a range has one scale for all of the operation's input channels, or one for each."""
    weights, inputs, _summed = weights_of(operation)
    return len(own.scales) in (1, weights.shape[inputs])


def _round_input(operation: Any, own: Range) -> None:
    from openvino import opset13 as ops

    source = operation.input(0).get_source_output()
    dimensions = len(source.get_partial_shape())
    # Zero must be one of the steps: padding adds zeros, and so do most activations.
    step = (own.high - own.low) / STEPS
    low = -np.round(-own.low / step) * step
    bounds = np.array([low, low + STEPS * step], np.float32)
    scales = own.scales.reshape((1, -1, *[1] * (dimensions - 2)))
    inner = [ops.constant(np.full([1] * dimensions, bound, np.float32)) for bound in bounds]
    outer = [ops.constant(bound * scales) for bound in bounds]
    rounded = ops.fake_quantize(source, *outer, *inner, STEPS + 1)
    operation.input(0).replace_source_output(rounded.output(0))


def _round_weights(operation: Any, scales: Array) -> None:
    """Round weights, multiplied by their input channels' scales, symmetrically for each output channel."""
    from openvino import opset13 as ops

    weights, inputs, summed = weights_of(operation)
    weights = weights * scales.reshape([-1 if axis == inputs else 1 for axis in range(weights.ndim)])
    highest = np.maximum(np.abs(weights).max(axis=summed, keepdims=True), np.float32(1e-8))
    high, low = ops.constant(highest), ops.constant(-highest)
    rounded = ops.fake_quantize(ops.constant(weights), low, high, low, high, STEPS)
    operation.input(1).replace_source_output(rounded.output(0))


def weights_of(operation: Any) -> tuple[Array, int, tuple[int, ...]]:
    """An operation's weights, their axis of input channels, and all axes but that of output channels."""
    weights = operation.input(1).get_source_output().get_node().data
    if operation.get_type_name() == "GroupConvolution":  # of one channel each: (channels, 1, 1, height, width)
        return weights, 0, (1, 2, 3, 4)
    if operation.get_type_name() == "Convolution":  # (outputs, inputs, height, width)
        return weights, 1, (1, 2, 3)
    return (weights, 1, (1,)) if operation.get_attributes()["transpose_b"] else (weights, 0, (0,))
