"""Moves survive kill -9 while somebody marks: they go on where they were, and nothing is lost or doubled."""

import re

import pytest

from tests.attendance.moving.dying import MovingPortal
from tests.aws.servers import Ministack, MinistackMissing

pytestmark = [pytest.mark.thorough, pytest.mark.aws_local]
LESSONS, STUDENTS, FACES, FILES = 60, 30, 120, 40


@pytest.fixture(scope="module")
def portal(tmp_path_factory):
    """One for both tests, since migrating takes the longest."""
    try:
        server = Ministack.start()
    except MinistackMissing as missing:
        pytest.skip(str(missing))
    with server:
        made = MovingPortal(tmp_path_factory.mktemp("portal"), server.url)
        made.prepare(LESSONS, STUDENTS, FACES, FILES)
        yield made


def test_marks_while_somebody_marks(portal):
    flag = portal.folder / "marking"
    flag.touch()
    somebody = portal.start("-m", portal.script, "correct", str(flag))
    for piece, step in ((1, "copy"), (LESSONS // 2, "copy"), (LESSONS // 2, "compare")):
        portal.kill_amidst("move_marks", piece, step)
    portal.finish("move_marks")
    flag.unlink()
    corrections = int(somebody.communicate()[0])
    assert corrections > 0
    said = portal.finish("move_marks", "--check")
    assert f"{LESSONS * 30 + corrections} versions of marks in both" in said
    assert portal.sql("SELECT count(*) FROM attendance_markversion") == [(LESSONS * 30 + corrections,)]
    assert portal.sql("SELECT count(*) FROM attendance_markrow") == [(LESSONS * 30,)]


def test_face_ids_and_pictures(portal):
    portal.kill_amidst("move_face_ids", STUDENTS // 2)
    assert f"{FACES} face ids in both" in portal.finish("move_face_ids")
    portal.kill_amidst("move_pictures", FILES // 2)
    assert re.search(rf"goes on where it was\n.*{FILES} files in both", portal.finish("move_pictures"), re.DOTALL)
