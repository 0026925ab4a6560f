"""Captures that wait, in tests that do not."""

from datetime import timedelta

from django.utils import timezone

from attendance.models import Capture
from attendance.upkeep import captures_resume


def let_waiting_end():
    """Let the time come at which each waiting capture is tried again."""
    waiting = Capture.objects.filter(state=Capture.State.WAITING)
    waiting.update(retry_at=timezone.now() - timedelta(seconds=1))


def resume():
    """Take up what waits, as if its time had come; returns how many captures were finished."""
    let_waiting_end()
    return captures_resume()
