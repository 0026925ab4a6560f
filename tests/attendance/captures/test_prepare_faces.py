"""`manage.py prepare_faces`: an image has its networks folded before its first process starts."""

import pytest
from django.core.management import CommandError, call_command


def test_says_that_all_is_ready(capsys):
    call_command("prepare_faces")
    assert capsys.readouterr().out == "The face networks are ready.\n"


def test_says_why_it_is_not(settings):
    settings.FACE_ENGINE = {
        "BACKEND": "enrollment.faces.local.engine.LocalFaceEngine",
        "OPTIONS": {"model_dir": "/nowhere"},
    }
    with pytest.raises(CommandError, match="nowhere"):
        call_command("prepare_faces")
