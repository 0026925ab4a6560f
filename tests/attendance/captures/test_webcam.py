"""Frames of a webcam: kept only where they say something."""

import io
from uuid import uuid4

import pytest

from attendance.captures.frames import MOST_WAITING, frame_take
from attendance.domain.statuses import Source
from attendance.models import Capture, DetectedFace
from tests.attendance.api.client import jpeg
from tests.engines import face


@pytest.fixture
def frame(register, tess):
    def take(nonce=None):
        return frame_take(session=register, upload=io.BytesIO(jpeg()), nonce=nonce or uuid4(), by=tess.user)

    return take


def kept(picture_folder):
    pictures = [path for path in picture_folder.rglob("*") if path.is_file()]
    assert len(pictures) == Capture.objects.count()
    return len(pictures)


def test_a_frame_that_marks_is_kept(script, frame, sam, picture_folder):
    script.sees(face((sam.pk, 0.9)))
    [mark] = frame().marks
    assert mark.source is Source.WEBCAM
    assert kept(picture_folder) == 1


@pytest.mark.parametrize("faces", [[], [face()]], ids=["nobody", "a stranger"])
def test_a_frame_that_says_nothing_is_not_kept(script, frame, picture_folder, faces):
    script.sees(*faces)
    result = frame()
    assert len(result.detected_faces) == len(faces)
    assert kept(picture_folder) == 0


def test_somebody_who_stays_in_the_picture_is_kept_once(script, frame, sam, picture_folder):
    script.sees(face((sam.pk, 0.9)))
    assert [len(frame().marks) for _ in range(3)] == [1, 0, 0]
    assert kept(picture_folder) == 1


def test_a_doubt_is_asked_once(script, frame, sam, sita, picture_folder):
    script.sees(face((sam.pk, 0.4))).sees(face((sam.pk, 0.41))).sees(face((sita.pk, 0.4)))
    for _ in range(3):
        frame()
    assert kept(picture_folder) == 2
    assert set(DetectedFace.objects.values_list("student_id", flat=True)) == {sam.pk, sita.pk}


def test_a_frame_that_is_sent_twice_does_not_delete_its_own_evidence(script, frame, sam, picture_folder):
    nonce = uuid4()
    script.sees(face((sam.pk, 0.9)))
    first = frame(nonce)
    again = frame(nonce)
    assert (again.capture, again.marks) == (first.capture, first.marks)
    assert kept(picture_folder) == 1


def test_a_frame_waits_for_the_engine_like_a_photo(script, frame, picture_folder):
    script.is_unavailable()
    assert frame().capture.state == Capture.State.WAITING
    assert kept(picture_folder) == 1


def test_only_so_many_frames_wait(script, frame, take, picture_folder):
    script.is_unavailable()
    take()  # a photo does not count
    for _ in range(MOST_WAITING + 3):
        assert frame().capture.state == Capture.State.WAITING
    assert kept(picture_folder) == MOST_WAITING + 1


def test_no_frame_waits_for_next_month_s_budget(script, frame, picture_folder):
    script.is_unavailable("cap_reached")
    assert frame().capture.reason == "cap_reached"
    assert kept(picture_folder) == 0
