"""Pictures for the tests of enrolment."""

import pytest
from PIL import Image

from enrollment.faces.local.engine import LocalFaceEngine
from tests.enrollment.orl import as_file, face


@pytest.fixture(autouse=True)
def pictures_apart(own_media):
    """Each test keeps its pictures in its own folder, so that files left over can be seen."""


@pytest.fixture
def files_of(own_media):
    """Number of stored files, of all students."""
    return lambda: [path for path in own_media.rglob("*") if path.is_file()]


@pytest.fixture
def face_file():
    """A new upload of a person's face."""
    return lambda person=1, number=1, **options: as_file(face(person, number), **options)


@pytest.fixture
def no_face_file():
    return lambda: as_file(Image.effect_noise((400, 400), 30).convert("RGB"))


class AwayEngine:
    """An engine that cannot be reached."""

    def __init__(self, institution):
        self.institution = institution

    def enroll(self, image, **options):
        raise self._unavailable()

    def forget(self, face_ids):
        raise self._unavailable()

    @property
    def vector_model(self):
        raise self._unavailable()

    def _unavailable(self):
        from enrollment.domain.faces import EngineUnavailable

        return EngineUnavailable("throttled", "come back later")


@pytest.fixture
def engine_unavailable(settings, monkeypatch):
    """Sets an engine that is unavailable, as is what the real one keeps; returns a function that restores it."""
    real, keeper = settings.FACE_ENGINE, LocalFaceEngine.keeper
    settings.FACE_ENGINE = {"BACKEND": "tests.enrollment.conftest.AwayEngine", "OPTIONS": {}}

    def unavailable(institution, *where):
        raise AwayEngine(institution)._unavailable()

    monkeypatch.setattr(LocalFaceEngine, "keeper", unavailable)

    def back():
        settings.FACE_ENGINE = real
        monkeypatch.setattr(LocalFaceEngine, "keeper", keeper)

    return back
