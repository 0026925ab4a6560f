"""Room for decoded pictures."""

import io
import threading

import pytest
from PIL import Image

from enrollment import pictures
from enrollment.errors import PictureError
from enrollment.pictures import encode_jpeg, picture_held, read_picture
from enrollment.room import PixelRoom


def jpeg(side=100):
    return io.BytesIO(encode_jpeg(Image.new("RGB", (side, side))))


def started(work):
    thread = threading.Thread(target=work)
    thread.start()
    thread.join(0.1)
    return thread


@pytest.fixture
def room(monkeypatch):
    room = PixelRoom(15_000)
    monkeypatch.setattr(pictures, "_room", room)
    return room


def test_what_does_not_fit_waits_and_then_comes_in_order():
    room, done = PixelRoom(10), []

    def take(pixels):
        with room.taken(pixels):
            done.append(pixels)

    with room.taken(6):
        threads = [started(lambda pixels=pixels: take(pixels)) for pixels in (9, 1)]
        assert done == []  # nor the one that would fit: it came later
    for thread in threads:
        thread.join(20)
    assert done == [9, 1]


def test_what_is_larger_than_all_of_it_has_all_of_it():
    room = PixelRoom(10)
    with room.taken(50):
        thread = started(lambda: room.taken(1).__enter__())
        assert thread.is_alive()
    thread.join(20)
    assert not thread.is_alive()


def test_a_picture_that_is_worked_on_keeps_others_undecoded(room):
    with picture_held(jpeg()) as picture:
        assert picture.image.size == (100, 100)
        thread = started(lambda: read_picture(jpeg()))
        assert thread.is_alive()
    thread.join(20)
    assert not thread.is_alive()


def test_a_damaged_one_gives_its_room_back(room):
    for _ in range(3):
        with pytest.raises(PictureError), picture_held(io.BytesIO(jpeg().getvalue()[:300])):
            pass
    assert read_picture(jpeg()).width == 100
