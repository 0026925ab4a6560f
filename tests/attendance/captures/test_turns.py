"""Photos that come together: each is kept, and has its turn."""

import io
import threading
from contextlib import ExitStack
from uuid import uuid4

import pytest
from django.db import connection

from attendance.captures import taking, turns
from attendance.captures.taking import capture_take
from attendance.models import Capture
from enrollment import pictures
from enrollment.errors import PictureError
from enrollment.faces.admission import Admission
from enrollment.pictures import read_picture
from enrollment.room import PixelRoom
from tests.attendance.api.client import jpeg
from tests.engines import face

PLACES = 2


@pytest.fixture
def line(monkeypatch):
    """A line with two places, whose photos wait for a moment before they are stored."""
    line = Admission(None, PLACES, "photos")
    monkeypatch.setattr(turns, "_photos", line)
    monkeypatch.setattr(taking, "STORED_WITHIN", 0.05)
    return line


@pytest.fixture
def at_work(line, register):
    """Other photos have all places, until this is closed."""
    with ExitStack() as others:
        for _ in range(PLACES):
            others.enter_context(turns.photo_turn(register))
        yield others


def sent(register, user, kind=Capture.Kind.PHOTO):
    """A thread that takes a photo, and what came of it."""
    results = []

    def take():
        try:
            nonce = uuid4()
            results.append(capture_take(session=register, upload=io.BytesIO(jpeg()), nonce=nonce, kind=kind, by=user))
        finally:
            connection.close()

    thread = threading.Thread(target=take)
    thread.start()
    return thread, results


@pytest.mark.django_db(transaction=True)
def test_a_photo_that_waits_is_stored_and_recognised_in_its_turn(script, register, sam, tess, at_work, line):
    script.sees(face((sam.pk, 0.91)))
    thread, results = sent(register, tess.user)
    while not Capture.objects.exclude(picture="").filter(state=Capture.State.RECEIVED).exists() or not line.waiting:
        thread.join(0.02)
    assert results == []
    at_work.close()
    thread.join(20)
    [result] = results
    assert [mark.student_id for mark in result.marks] == [sam.pk]
    assert line.waiting == 0


@pytest.mark.django_db(transaction=True)
def test_a_photo_that_waits_keeps_no_room_from_those_who_have_the_turns(
    script, register, sam, tess, at_work, line, monkeypatch
):
    monkeypatch.setattr(pictures, "_room", PixelRoom(1))  # for one picture, however large
    script.sees(face((sam.pk, 0.91)))
    thread, results = sent(register, tess.user)
    while not Capture.objects.exclude(picture="").exists() or not line.waiting:
        thread.join(0.02)
    in_turn = threading.Thread(target=lambda: read_picture(io.BytesIO(jpeg())), daemon=True)
    in_turn.start()
    in_turn.join(10)
    was_kept_waiting = in_turn.is_alive()
    at_work.close()
    thread.join(20)
    assert not was_kept_waiting
    assert [mark.student_id for mark in results[0].marks] == [sam.pk]


@pytest.mark.django_db(transaction=True)
def test_a_frame_of_a_webcam_waits_for_no_photo(script, register, sam, tess, at_work):
    script.sees(face((sam.pk, 0.91)))
    thread, results = sent(register, tess.user, Capture.Kind.WEBCAM)
    thread.join(20)
    assert [mark.student_id for mark in results[0].marks] == [sam.pk]


def test_a_refused_photo_gives_its_turn_back(take, register, line):
    for _ in range(PLACES + 1):
        with pytest.raises(PictureError):
            take(data=b"no picture")
    with turns.photo_turn(register, 0) as has_turn:
        assert has_turn
