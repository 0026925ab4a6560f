"""Hours of a lesson on the wall clock: one may end after midnight."""

from datetime import time, timedelta

LONGEST_LESSON = timedelta(hours=12)  # one that is longer is a typing error: an end before its beginning


def length_of(starts: time, ends: time) -> timedelta:
    """Length of a lesson between two times of the wall clock; an end that is not after the beginning is next day's."""
    length = _since_midnight(ends) - _since_midnight(starts)
    return length if length > timedelta(0) else length + timedelta(days=1)


def _since_midnight(at: time) -> timedelta:
    return timedelta(hours=at.hour, minutes=at.minute, seconds=at.second, microseconds=at.microsecond)
