"""Embedders in integers: where they are chosen, what they compute, and what happens without usable ranges."""

import json
import logging
from dataclasses import replace

import numpy as np
import pytest

from enrollment.faces.local import integers
from enrollment.faces.local.integers import Ranges, insert_roundings, quantise, quantised_operations
from enrollment.faces.local.networks import embedder_model, embedder_precision, import_openvino, networks_for
from enrollment.faces.local.weights import EMBEDDER, SECOND, Weights
from tests.enrollment.faces.conftest import pixels, tiles

RANGE = {"low": -1.0, "high": 1.0, "scales": [1.0]}


def text(**changes):
    return json.dumps({"sha256": EMBEDDER.sha256, "ranges": {"first": RANGE}} | changes)


def tiny():
    """A network of one operation of each kind: (n, 4, 6, 6) in, (n, 3) out."""
    openvino = import_openvino()
    from openvino import opset13 as ops

    random = np.random.default_rng(5)

    def weights(*shape):
        return ops.constant(random.normal(size=shape).astype(np.float32))

    source = ops.parameter([-1, 4, 6, 6], np.float32)
    once = [1, 1], [0, 0], [0, 0], [1, 1]
    x = ops.convolution(source, weights(5, 4, 3, 3), *once, name="first")
    x = ops.group_convolution(x, weights(5, 1, 1, 3, 3), *once, name="deep")
    x = ops.reshape(x, ops.constant(np.array([-1, 20])), special_zero=False)
    return openvino.Model([ops.matmul(x, weights(20, 3), False, False, name="last")], [source], "tiny")


def ranges(**changes):
    """Ranges for `tiny` and inputs of at most 1, with very unequal scales where a channel has its own."""
    own = {
        "first": RANGE | {"scales": [0.5, 1, 1, 2], "low": -2.0, "high": 2.0},
        "deep": {"low": -12.0, "high": 12.0, "scales": [1, 1, 2, 1, 1]},
        "last": {"low": -40.0, "high": 40.0, "scales": [1]},
    }
    return Ranges.read(text(ranges={name: found for name, found in (own | changes).items() if found}))


def run(model, values):
    return import_openvino().Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})([values])[0]


def roundings(model):
    return [op for op in model.get_ops() if op.get_type_name() == "FakeQuantize"]


def test_integers_only_where_the_processor_gains(monkeypatch):
    monkeypatch.setattr(integers, "multiplies_integers", lambda: True)
    assert embedder_precision(["FP32", "INT8"]) == "i8"
    assert embedder_precision(["FP32", "INT8", "FP16"]) == "f16"
    monkeypatch.setattr(integers, "multiplies_integers", lambda: False)
    assert embedder_precision(["FP32", "INT8"]) == "f32"


def test_rounded_the_same_but_for_a_few_hundredths():
    values = np.random.default_rng(6).uniform(-1, 1, (7, 4, 6, 6)).astype(np.float32)
    rounded = tiny()
    insert_roundings(rounded, ranges())
    assert len(roundings(rounded)) == 6
    expected, found = run(tiny(), values), run(rounded, values)
    assert 0 < np.abs(found - expected).max() < 0.05 * np.abs(expected).max()


@pytest.mark.parametrize(
    "changes",
    [{"last": None}, {"other": RANGE}, {"first": RANGE | {"scales": [1.0, 1.0]}}],
    ids=["one too few", "one too many", "other channels"],
)
def test_ranges_of_another_network_change_nothing(changes):
    model = tiny()
    with pytest.raises(ValueError, match="another network"):
        insert_roundings(model, ranges(**changes))
    assert not roundings(model)


@pytest.mark.parametrize(
    "damaged",
    [
        "",
        text()[:-9],
        "[]",
        "{}",
        text(ranges={"first": {"low": 0}}),
        text(ranges={"first": RANGE | {"low": 0.5}}),
        text(ranges={"first": RANGE | {"high": 0}}),
        text(ranges={"first": RANGE | {"high": float("nan")}}),
        text(ranges={"first": RANGE | {"scales": [0.0]}}),
        text(ranges={"first": RANGE | {"scales": "many"}}),
    ],
)
def test_a_damaged_text_is_refused(damaged):
    with pytest.raises(ValueError, match=r"\S"):
        Ranges.read(damaged)


@pytest.mark.parametrize("file", [EMBEDDER, SECOND], ids=["first", "second"])
def test_the_shipped_ranges_are_the_installed_networks(file, caplog):
    weights = Weights()
    model = embedder_model(import_openvino().Core(), weights, file)
    quantise(model, file, weights.sha256(file))
    assert not caplog.records
    assert len(roundings(model)) == 2 * len(list(quantised_operations(model)))


@pytest.mark.parametrize("state", ["damaged", "missing", "other weights"])
def test_without_usable_ranges_full_precision_and_a_line_in_the_log(state, monkeypatch, tmp_path, caplog):
    path = tmp_path / "ranges.json"
    if state != "missing":
        path.write_text(text(ranges={}) if state == "other weights" else text()[:-9])
    monkeypatch.setattr(integers, "FILES", {EMBEDDER.name: path})
    model = tiny()
    with caplog.at_level(logging.WARNING):
        quantise(model, EMBEDDER, "another" if state == "other weights" else EMBEDDER.sha256)
    assert not roundings(model)
    assert "full precision" in caplog.text
    assert str(path) in caplog.text


@pytest.mark.thorough
@pytest.mark.usefixtures("real_networks")
def test_nearly_the_vectors_of_full_precision(model):
    """On any processor: it computes roundings in integers or in floats."""
    image = tiles(range(1, 7), columns=3)
    whole, rounded = [replace(model, precision=precision).analyse_with_both(image) for precision in ("f32", "i8")]
    assert len(whole) == len(rounded) == 6
    for one, other in zip(whole, rounded, strict=True):
        assert 0.98 < one.vector @ other.vector < 0.99999
        assert 0.95 < one.second @ other.second < 0.99999


@pytest.mark.thorough
@pytest.mark.usefixtures("real_networks")
def test_a_damaged_file_costs_speed_alone(model, monkeypatch, tmp_path):
    monkeypatch.setattr(integers, "FILES", {EMBEDDER.name: tmp_path / "none", SECOND.name: tmp_path / "none"})
    crops = pixels(tiles([1], columns=1)).repeat(1, 0)[None, :112, :112]
    weights = replace(model.weights, trusted={"unused": "key"})  # networks of its own
    found = networks_for(weights, model.threads, "i8").embed(np.ascontiguousarray(crops))
    expected = networks_for(model.weights, model.threads, "f32").embed(np.ascontiguousarray(crops))
    assert np.abs(found - expected).max() < 1e-6
