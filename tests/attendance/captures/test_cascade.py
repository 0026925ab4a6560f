"""The face finder's trees: OpenCV's own, as a static file."""

import json

import cv2
import pytest
from django.contrib.staticfiles import finders
from django.core.management import call_command

from attendance.captures.cascade import NAME, cascade_json, cascade_source
from attendance.captures.finders import CascadeFinder


@pytest.fixture
def made(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    return tmp_path / "made" / NAME


def test_the_trees_are_those_of_the_installed_opencv():
    source = cascade_source()
    said = json.loads(cascade_json(source))
    storage = cv2.FileStorage(str(source), cv2.FILE_STORAGE_READ)
    stages = storage.getNode("cascade").getNode("stages")
    assert said["size"] == 20
    assert [len(stage["trees"]) for stage in said["stages"]] == [
        int(stages.at(n).getNode("maxWeakCount").real()) for n in range(stages.size())
    ]
    for stage in said["stages"]:
        for tree in stage["trees"]:
            assert len(tree["leaves"]) == len(tree["nodes"]) + 1
            assert all(x >= 0 and x + w <= 20 for node in tree["nodes"] for x, _, w, _, _ in node[3:])


def test_without_opencv_s_file_there_are_no_trees():
    assert json.loads(cascade_json(None))["stages"] == []


def test_collecting_static_files_makes_it(made, settings, tmp_path):
    settings.STATIC_ROOT = tmp_path / "static"
    call_command("collectstatic", "--noinput", verbosity=0, ignore_patterns=["unfold", "admin", "css", "js", "lucide"])
    assert json.loads((settings.STATIC_ROOT / NAME).read_text("utf-8"))["stages"]


def test_it_is_found_and_made_again_for_another_opencv_alone(made):
    assert finders.find(NAME) == str(made)
    made.write_text("kept")
    assert finders.find(NAME) == str(made)
    assert made.read_text() == "kept"
    made.with_suffix(".from").write_text("another one")
    finders.find(NAME)
    assert made.read_text() != "kept"


def test_nothing_else_is_found_there(made):
    finder = CascadeFinder()
    assert finder.find("portal/camera/other.json") == []
    assert finder.find(NAME, find_all=True) == [str(made)]
