"""The second embedder's checkpoint: read without PyTorch, and nothing that it could do is done."""

import io
import pickle
import zipfile

import numpy as np
import pytest

from enrollment.faces.local.lightcnn import read_tensors
from enrollment.faces.local.weights import SECOND, Weights


def checkpoint(payload, **files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("archive/data.pkl", payload)
        for name, data in files.items():
            archive.writestr(f"archive/data/{name}", data)
    return out.getvalue()


class Runs:
    """The payload of a hostile pickle."""

    def __reduce__(self):
        return eval, ("1 / 0",)


def test_the_installed_one_holds_the_networks_tensors():
    tensors = read_tensors(Weights().read(SECOND))
    assert tensors["fc.weight"].shape == (256, 8192)
    assert tensors["conv1.filter.weight"].shape[1:] == (3, 5, 5) or tensors["conv1.filter.weight"].shape[1] == 3
    assert all(np.isfinite(tensor).all() for tensor in tensors.values())


@pytest.mark.parametrize(
    "data",
    [b"", b"no zip file", checkpoint(b""), checkpoint(pickle.dumps({"a": 1}))],
    ids=["empty", "no zip", "no pickle", "no state"],
)
def test_what_is_no_checkpoint(data):
    with pytest.raises(ValueError, match="no checkpoint"):
        read_tensors(data)


def test_a_pickle_may_name_nothing_but_tensors():
    with pytest.raises(ValueError, match="no checkpoint"):
        read_tensors(checkpoint(pickle.dumps({"state_dict": Runs()})))
