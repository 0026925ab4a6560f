"""Hours of a lesson on the wall clock: one may end after midnight."""

import re
from datetime import time, timedelta

LONGEST_LESSON = timedelta(hours=12)  # one that is longer is a typing error: an end before its beginning


def length_of(starts: time, ends: time) -> timedelta:
    """Length of a lesson between two times of the wall clock; an end that is not after the beginning is next day's."""
    length = _since_midnight(ends) - _since_midnight(starts)
    return length if length > timedelta(0) else length + timedelta(days=1)


def _since_midnight(at: time) -> timedelta:
    return timedelta(hours=at.hour, minutes=at.minute, seconds=at.second, microseconds=at.microsecond)


def clock_time(text: str) -> time | None:
    """The time that somebody typed, such as 9.30, 930, 9:30, 9h30, 0930 or 9; None if it is none."""
    parts = re.fullmatch(r"\s*(\d{1,2})(?:\s*[:.,h ]\s*(\d{2})|(\d{2}))?\s*(?:uhr|h)?\s*", text.lower())
    if parts is None:
        return None
    hour, minute = int(parts[1]), int(parts[2] or parts[3] or 0)
    return time(hour, minute) if hour < 24 and minute < 60 else None
