"""Training of what the embedded engine ships: the command on a handful of real faces, its drawings, its documents."""

import json
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from attendance.evaluation.degradations import Face
from bench.training.centres import centre_document
from bench.training.covers import cover_document
from bench.training.drawn import TAUGHT
from bench.training.limits import in_class
from enrollment.faces.local.analysis import LANDMARKS
from enrollment.faces.local.arrays import unit
from enrollment.faces.local.cover import COVER_FILE, CoverModel, shipped
from enrollment.faces.local.integers import FILES, Ranges
from enrollment.faces.local.weights import EMBEDDER, SECOND

pytestmark = pytest.mark.thorough

ROOT = Path(__file__).parents[3]
FACE = Face(LANDMARKS + 150, 100.0)  # of 100 pixels in the middle of a picture


def train(what, folder, file):
    command = [sys.executable, "-m", "bench.training", what, str(folder), str(file)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)


def test_a_cover_detector_of_ones_own(folder):
    protocol = folder / "protocol.csv"  # two photos are enough: two dozen covers are drawn on each
    protocol.write_text("".join(protocol.read_text().splitlines(keepends=True)[:3]))
    train("cover", folder, folder / "cover.json")
    model = CoverModel.read((folder / "cover.json").read_text())
    assert model.weights.shape == (3, 576)
    assert np.abs(model.weights).max() > 0


def test_a_centre_of_ones_own(folder, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["training", "centre", str(folder), str(folder / "centre.json")])
    runpy.run_module("bench.training")
    document = json.loads((folder / "centre.json").read_text())
    assert (document["faces"], len(document["centre"])) == (12, 128)


def test_centres_of_covered_faces_of_ones_own(folder, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["training", "covered", str(folder), str(folder / "covered.json")])
    runpy.run_module("bench.training")
    document = json.loads((folder / "covered.json").read_text())
    for half in ("lower", "upper"):
        assert document[half]["faces"] > 0
        assert (len(document[half]["first"]), len(document[half]["second"])) == (128, 256)


def test_limits_of_covered_faces_of_ones_own(folder, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["training", "limits", str(folder), str(folder / "limits.json")])
    runpy.run_module("bench.training")
    document = json.loads((folder / "limits.json").read_text())
    assert {half: set(own) for half, own in document.items()} == {
        half: {drawing.__name__ for drawing in drawings} for half, drawings in TAUGHT.items()
    }
    for figures in (figures for own in document.values() for figures in own.values()):
        assert (0 < figures["students"] <= 6, figures["strangers"] <= 2) == (True, True)
        shares = np.array(figures["similarity, students first and at it, strangers at it"])
        assert (np.diff(shares[:, 1:], axis=0) <= 0).all()
        assert shares[0, 1] > 0


@pytest.mark.parametrize(("count", "people", "size", "share"), [
    (0, 10, 4, 0), (1, 10, 4, 0.4), (2, 10, 4, 1 - 6 / 10 * 5 / 9), (7, 10, 4, 1), (10, 10, 4, 1), (1, 3, 40, 1),
])  # fmt: skip
def test_a_random_class_holds_one_of_so_many(count, people, size, share):
    assert in_class(np.array([count]), people, size) == pytest.approx([share])


def test_ranges_of_ones_own(folder, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["training", "ranges", str(folder), str(folder / "ranges.json")])
    runpy.run_module("bench.training")
    for made, shipped_file in ("ranges.json", FILES[EMBEDDER.name]), ("ranges_second.json", FILES[SECOND.name]):
        found, expected = (Ranges.read(path.read_text()) for path in (folder / made, shipped_file))
        assert (found.sha256, found.of.keys()) == (expected.sha256, expected.of.keys())
        for name, own in found.of.items():
            assert own.scales.shape == expected.of[name].scales.shape, name


@pytest.mark.parametrize("drawing", [one for drawings in TAUGHT.values() for one in drawings])
def test_no_cover_is_taught_twice_alike(drawing):
    noise = np.random.default_rng(0).normal(0, 12, (400, 420, 1))
    light = np.linspace(60, 220, 420)[None, :, None] + np.array([20, 0, -20])
    photo = np.asarray(Image.fromarray(np.clip(light + noise, 0, 255).astype(np.uint8)))
    first, second = (drawing(photo, FACE.landmarks, np.random.default_rng(seed)) for seed in (1, 2))
    assert first.shape == second.shape == photo.shape
    assert np.abs(first.astype(float) - second).max() > 10


def test_what_ships_says_how_it_was_made_and_can_be_written_again():
    document = json.loads(COVER_FILE.read_text("utf-8"))
    assert "bench/training" in document["source"]
    again = CoverModel.read(cover_document(shipped(), source="again"))
    assert np.array_equal(again.weights, shipped().weights)
    assert again.threshold == shipped().threshold


def test_a_centre_can_be_made_again():
    vectors = unit(np.random.default_rng(0).normal(size=(20, 128)))
    document = json.loads(centre_document(vectors, model="m", source="twenty made vectors"))
    assert document["source"] == "twenty made vectors"
    assert document["faces"] == 20
    assert np.allclose(document["centre"], vectors.mean(0), atol=1e-6)
