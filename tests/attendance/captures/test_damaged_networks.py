"""Damaged face networks: photos wait with a sentence, and are recognised once the file is right again."""

from io import StringIO
from uuid import uuid4

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.urls import reverse

from attendance.captures.backlog import captures_resume
from attendance.models import Capture
from attendance.register.labels import capture_words
from tests.enrollment.faces.conftest import tiles
from tests.enrollment.orl import as_bytes, as_file

pytestmark = pytest.mark.django_db


@pytest.fixture
def damaged(settings, tmp_path):
    """A folder of weights with no sound file; calling it puts the installed ones back."""
    installed = settings.FACE_MODEL_DIR
    settings.FACE_MODEL_DIR = str(tmp_path / "weights")
    (tmp_path / "weights").mkdir()

    def repaired():
        settings.FACE_MODEL_DIR = installed

    return repaired


def test_a_photo_waits_and_is_recognised_later(damaged, take):
    capture = take(data=as_bytes(tiles(range(1, 4)))).capture
    assert (capture.state, capture.reason) == (Capture.State.WAITING, "networks_unusable")
    assert capture_words(capture).startswith("The face networks on this server are damaged: tell the operator.")
    damaged()
    Capture.objects.update(retry_at=None)
    captures_resume()
    capture.refresh_from_db()
    assert capture.state == Capture.State.DONE
    assert capture.detected_faces.count() == 3


def test_the_page_answers_as_for_any_photo_that_waits(damaged, client, tess, register):
    client.force_login(tess.user)
    sent = {"picture": as_file(tiles(range(1, 4))), "nonce": uuid4()}
    answer = client.post(reverse("photo", args=["riverside", register.pk]), sent, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "face networks on this server are damaged" in answer.content.decode()


def test_check_says_so(damaged):
    assert "portal.W019" in [message.id for message in run_checks()]
    damaged()
    assert "portal.W019" not in [message.id for message in run_checks()]
    call_command("check", stdout=StringIO())
