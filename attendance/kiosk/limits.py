"""Limits on requests of tablets, counted in the shared cache."""

from collections.abc import Callable

from django.core.cache import cache

from attendance.kiosk.device import hashed
from attendance.kiosk.errors import TooManyFrames
from attendance.models import Kiosk

MINUTE = 60  # seconds
MOST_FRAMES = 300  # of a tablet in a minute; its page sends one at a time, and only what shows something new


def count_within(key: str, seconds: int) -> int:
    """Number of times that a key was counted in the present window of so many seconds, this one included."""
    key = "kiosk-limit:" + hashed(key)  # neither addresses nor a stranger's text is stored in the cache
    count: Callable[[str], int] = cache.incr
    cache.add(key, 0, seconds)
    try:
        return count(key)
    except ValueError:  # the window ended between the two calls
        cache.set(key, 1, seconds)
        return 1


def refuse_too_many_frames(kiosk: Kiosk) -> None:
    """Count a frame of a tablet before it is decoded. Raises TooManyFrames."""
    if count_within(f"frames:{kiosk.pk}", MINUTE) > MOST_FRAMES:
        raise TooManyFrames
