"""`manage.py prepare_faces`: an image has its networks folded before its first process starts."""

import pytest
from django.core.management import CommandError, call_command


def test_says_that_all_is_ready(capsys):
    call_command("prepare_faces")
    assert capsys.readouterr().out == "The face networks are ready.\n"


def test_says_why_it_is_not(settings, tmp_path):
    settings.FACE_MODEL_DIR = str(tmp_path)
    with pytest.raises(CommandError, match="onnx"):
        call_command("prepare_faces")
