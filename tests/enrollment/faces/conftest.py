"""The engine and pictures of real faces (the AT&T/ORL set)."""

import numpy as np
import pytest
from PIL import Image

from attendance.demo.orl import enlarged
from enrollment.faces.local.engine import LocalFaceEngine, LocalModel
from enrollment.faces.local.networks import networks_for


@pytest.fixture(scope="session")
def model():
    return LocalModel.from_options()


@pytest.fixture(scope="session")
def networks(model):
    return networks_for(model.weights, model.threads)


@pytest.fixture
def engine(riverside):
    return LocalFaceEngine(riverside)


def tiles(people, number=7, *, factor=1.6, columns=6):
    """One class photo: a photo of each person, side by side, row by row, with a grey border."""
    faces = [enlarged(person, number, factor) for person in people]
    width, height = faces[0].size
    rows = -(-len(faces) // columns)
    picture = Image.new("RGB", (columns * width + 80, rows * height + 80), (128, 128, 128))
    for i, face in enumerate(faces):
        picture.paste(face, (40 + i % columns * width, 40 + i // columns * height))
    return picture


def pixels(image):
    return np.asarray(image.convert("RGB"))
