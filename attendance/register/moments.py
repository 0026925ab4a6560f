"""Time of an action on a device that had no connection: the device's claim, accepted within bounds."""

from datetime import datetime, timedelta

from attendance.models import ClassSession

OLDEST = timedelta(hours=6)  # a school day; an action that is sent later counts from its arrival


def credible_moment(claimed: datetime | None, *, session: ClassSession, now: datetime) -> datetime | None:
    """The moment that a device claims, or None if it is not credible: then the action counts from its arrival.

    Never in the future, nor before the register was opened, since nobody had it before; nor after the lesson, and at
    most six hours old. A clock that is wrong, or a claim that is made up, moves an arrival within the lesson only.
    """
    if claimed is None:
        return None
    begins = min(session.starts_at, session.opened_at or session.starts_at)
    is_in_lesson = begins <= claimed <= session.ends_at
    return claimed if is_in_lesson and now - OLDEST <= claimed <= now else None
