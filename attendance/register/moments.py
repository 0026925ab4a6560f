"""Times that people and devices claim, accepted within a lesson's bounds."""

from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from attendance.models import ClassSession

OVERTIME = timedelta(hours=6)  # a lesson may last longer than planned
NOT_IN_LESSON = _("That is not a time of this lesson. Look at when they left.")
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


def moment_of_leaving(claimed: datetime, *, session: ClassSession) -> datetime | None:
    """The moment at which somebody left early, not before the lesson began; None if it is none of the lesson's."""
    is_in_lesson = session.starts_at - timedelta(minutes=1) <= claimed <= session.ends_at + OVERTIME
    return max(claimed, session.starts_at) if is_in_lesson else None
