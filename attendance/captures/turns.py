"""Turns of photos in a process: of twenty at once all would be begun, and the first be answered with the last."""

import os
from contextlib import AbstractContextManager

from attendance.models import ClassSession
from enrollment.faces.admission import Admission, Kind

STORED_WITHIN = 2.0  # seconds that a photo waits before it is stored; one that waits longer is stored first
_photos = Admission(None, (os.cpu_count() or 1) + 1, "photos")  # one more than cores: it is read or written meanwhile


def photo_turn(session: ClassSession, patience: float | None = None) -> AbstractContextManager[bool]:
    """A turn, until the block ends, in fair order among schools; false if there is none within `patience` seconds."""
    return _photos.turn(Kind.CLASS, session.institution_id, patience)
