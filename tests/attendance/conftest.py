"""Fixtures of the tests of attendance: an engine that follows a script, pictures, an open register."""

import io
from uuid import uuid4

import pytest
from django.core.cache import cache

from attendance.captures.taking import capture_take
from attendance.models import Capture
from attendance.register.sessions import session_open
from tests import engines
from tests.attendance.api.client import Api, jpeg


@pytest.fixture(autouse=True)
def picture_folder(own_media):
    """Each test has its own folder of pictures."""
    return own_media


@pytest.fixture
def script(settings, riverside):
    """Riverside's engine answers what the test writes here."""
    settings.FACE_ENGINE = {"BACKEND": "tests.engines.ScriptedEngine", "OPTIONS": {}}
    engines.SCRIPTS.clear()
    return engines.script_of(riverside)


@pytest.fixture
def register(lesson, tess):
    """The lesson, its register open."""
    return session_open(session=lesson, by=tess.user)


@pytest.fixture
def take(register, tess):
    """Takes a photo into the open register, as Tess."""

    def photo(nonce=None, *, kind=Capture.Kind.PHOTO, data=None):
        upload = io.BytesIO(jpeg() if data is None else data)
        return capture_take(session=register, upload=upload, nonce=nonce or uuid4(), kind=kind, by=tess.user)

    return photo


@pytest.fixture(autouse=True)
def fresh_throttles():
    """No test is slowed down by the ones before it."""
    cache.clear()


@pytest.fixture
def api(client, riverside):
    """The API of Riverside as somebody uses it: `api(tess)`."""
    return lambda member=None, school=riverside: Api(client, school, member)
