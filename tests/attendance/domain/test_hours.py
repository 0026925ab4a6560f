"""Times that people type, and the length of a lesson between two of them."""

from datetime import time, timedelta

import pytest

from attendance.domain.hours import clock_time, length_of


@pytest.mark.parametrize(
    ("starts", "ends", "length"),
    [
        (time(9), time(9, 50), timedelta(minutes=50)),
        (time(9, 0, 1), time(9, 0, 3), timedelta(seconds=2)),
        (time(9, 0, 0, 5), time(9, 0, 0, 7), timedelta(microseconds=2)),
        (time(23, 30), time(0, 20), timedelta(minutes=50)),
        (time(9, 0, 1), time(9, 0, 0), timedelta(days=1) - timedelta(seconds=1)),
        (time(9), time(9), timedelta(days=1)),
    ],
)
def test_a_lesson_may_end_after_midnight(starts, ends, length):
    assert length_of(starts, ends) == length


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("9", time(9)),
        ("09", time(9)),
        ("930", time(9, 30)),
        ("0930", time(9, 30)),
        ("9.30", time(9, 30)),
        ("9:30", time(9, 30)),
        ("9,30", time(9, 30)),
        ("9h30", time(9, 30)),
        ("9 30", time(9, 30)),
        (" 9 : 30 ", time(9, 30)),
        ("9H30", time(9, 30)),
        ("9 Uhr", time(9)),
        ("9.30 Uhr ", time(9, 30)),
        ("9h", time(9)),
        ("0", time(0)),
        ("23:59", time(23, 59)),
    ],
)
def test_a_time_as_people_type_it(text, at):
    assert clock_time(text) == at


@pytest.mark.parametrize("text", ["", "x", "24", "24:00", "9:60", "9:5", "9:305", "12345", "-9", "9;30", "9 o'clock"])
def test_what_is_no_time(text):
    assert clock_time(text) is None
