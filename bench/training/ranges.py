"""Ranges of the embedders' inner numbers, for `enrollment.faces.local.integers`, measured on faces.

The faces ought to be as varied as those that the engine meets, and of nobody who is in an evaluation.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from attendance.evaluation.photos import read_image
from enrollment.faces.local.analysis import aligned, find, pixels_of
from enrollment.faces.local.arrays import Array
from enrollment.faces.local.engine import LocalModel
from enrollment.faces.local.integers import quantised_operations, weights_of
from enrollment.faces.local.light import Tone, lit
from enrollment.faces.local.lightcnn import SIDE as SECOND_SIDE
from enrollment.faces.local.networks import CROP, embedder_model, import_openvino
from enrollment.faces.local.weights import EMBEDDER, SECOND, WeightFile, Weights

FACE_PX, CONFIDENCE = 40, 0.8  # of the least face that is used
BATCH = 10  # faces at a time, whose inner numbers must all fit into memory
BALANCE = 0.8  # share of the channels' unequal size that is moved from the inputs into the weights
CLIPPED = 1e-4  # share of an input's numbers at either end that its range leaves out
BINS = 8192


@dataclass
class Measured:
    """One operation's input: least and greatest number and scale of each channel, counts of the scaled numbers."""

    operation: Any
    least: Array
    greatest: Array
    scales: Array
    counts: Array = field(default_factory=lambda: np.zeros(BINS, np.int64))

    @property
    def extremes(self) -> tuple[float, float]:
        return float((self.least / self.scales).min()), float((self.greatest / self.scales).max())


def ranges_of(folder: Path, model: LocalModel, say: Callable[[str], None]) -> tuple[str, str | None]:
    """The texts of both embedders' range files, measured on the faces of a folder of photos.

    The second is None where there is no second embedder.
    """
    faces = list(calibration_faces(sorted(folder.rglob("*.jpg")), model))
    say(f"{len(faces)} faces")
    source = f"{len(faces)} faces of {FACE_PX} px and more in the photos of {folder.name}"
    files = [(EMBEDDER, False, CROP), *([(SECOND, True, SECOND_SIDE)] if model.weights.has_second else [])]
    texts = []
    for n, (file, is_reversed, _side) in enumerate(files):
        crops = np.stack([pair[n] for pair in faces])
        texts.append(document(file, model.weights, crops[..., ::-1] if is_reversed else crops, source))
        say(f"{file.title} measured")
    return texts[0], texts[1] if len(texts) > 1 else None


def calibration_faces(paths: Sequence[Path], model: LocalModel) -> Iterator[tuple[Array, Array]]:
    """The crops of each large enough and certain enough face, RGB uint8, as either embedder gets them."""
    networks = model.networks()
    for path in paths:
        pixels = pixels_of(read_image(path))
        tone = Tone.of(pixels)
        for row in find(pixels, tone, networks):
            if row[2] >= FACE_PX and row[14] >= CONFIDENCE:
                points = row[4:14].reshape(5, 2)
                yield lit(aligned(pixels, points), tone), lit(aligned(pixels, points, SECOND_SIDE), tone)


def document(file: WeightFile, weights: Weights, crops: Array, source: str) -> str:
    """The text of a range file, measured on crops (n, side, side, 3) in the network's order of channels."""
    core = import_openvino().Core()
    network = embedder_model(core, weights, file)
    operations = list(quantised_operations(network))
    network.add_outputs([operation.input(0).get_source_output() for _name, operation in operations])
    compiled = core.compile_model(network, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    first = len(compiled.outputs) - len(operations)

    def inputs() -> Iterator[list[Array]]:
        for start in range(0, len(crops), BATCH):
            planes = np.ascontiguousarray(crops[start : start + BATCH].transpose(0, 3, 1, 2), np.float32)
            results = compiled([planes])
            yield [by_channel(results[first + n]) for n in range(len(operations))]

    measured = extremes(operations, inputs())
    histograms(measured, inputs())
    ranges = {name: range_of(own) for (name, _operation), own in zip(operations, measured, strict=True)}
    lines = ",\n".join(f" {json.dumps(name)}: {json.dumps(own)}" for name, own in ranges.items())
    head = json.dumps({"model": file.title, "sha256": weights.sha256(file), "source": source})
    return f'{head[:-1]}, "ranges": {{\n{lines}\n}}}}'


def by_channel(values: Array) -> Array:
    """An input (n, channels, height, width) as (channels, numbers); any other as one channel."""
    if values.ndim != 4:
        return np.asarray(values.reshape(1, -1))
    return np.moveaxis(values, 1, 0).reshape(values.shape[1], -1)


def extremes(operations: Sequence[tuple[str, Any]], runs: Iterable[list[Array]]) -> list[Measured]:
    """Each operation's input with its extremes and the scales that follow from them."""
    low: list[Array] = []
    high: list[Array] = []
    for run in runs:
        least, greatest = [own.min(1) for own in run], [own.max(1) for own in run]
        low = [np.minimum(*pair) for pair in zip(low, least, strict=True)] if low else least
        high = [np.maximum(*pair) for pair in zip(high, greatest, strict=True)] if high else greatest
    return [
        Measured(operation, least, greatest, scales_of(operation, np.maximum(-least, greatest)))
        for (_name, operation), least, greatest in zip(operations, low, high, strict=True)
    ]


def scales_of(operation: Any, largest: Array) -> Array:
    """Scales float32 (channels,) for inputs whose channels reach so far from zero, to three digits."""
    if len(largest) == 1:
        return np.ones(1, np.float32)
    weights, inputs, _summed = weights_of(operation)
    others = tuple(axis for axis in range(weights.ndim) if axis != inputs)
    largest, weight = np.maximum(largest, 1e-3), np.maximum(np.abs(weights).max(axis=others), 1e-4)
    # Weights are rounded for each output channel by itself: what a channel of a depthwise convolution gets is exact.
    is_depthwise = operation.get_type_name() == "GroupConvolution"
    scales = largest if is_depthwise else largest**BALANCE / weight ** (1 - BALANCE)
    return np.array([f"{scale:.3g}" for scale in scales / np.exp(np.log(scales).mean())], np.float32)


def histograms(measured: Sequence[Measured], runs: Iterable[list[Array]]) -> None:
    """Count each operation's scaled inputs in bins between their extremes."""
    for run in runs:
        for own, values in zip(measured, run, strict=True):
            scaled = values / own.scales[:, None]
            own.counts += np.histogram(scaled, BINS, own.extremes)[0]


def range_of(own: Measured) -> dict[str, object]:
    """An operation's range as its file has it. A depthwise convolution's is whole: clipping costs it more."""
    least, greatest = own.extremes
    edges = np.linspace(least, greatest, BINS + 1)
    below = np.cumsum(own.counts) / own.counts.sum()
    clipped = 0.0 if own.operation.get_type_name() == "GroupConvolution" else CLIPPED
    low = edges[np.searchsorted(below, clipped, side="right")] if clipped else least
    high = edges[np.searchsorted(below, 1 - clipped) + 1] if clipped else greatest
    numbers = [float(f"{value:.4g}") for value in (min(low, 0.0), high)]
    return {"low": numbers[0], "high": numbers[1], "scales": [float(f"{scale:.3g}") for scale in own.scales]}
