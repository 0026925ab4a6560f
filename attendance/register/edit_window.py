"""The days in which teachers may change a closed register; afterwards only administrators may."""

from datetime import datetime, timedelta

from django.utils import timezone

from accounts.models import Membership, Role, User
from attendance.models import ClassSession
from attendance.register.errors import EditWindowOver, ReasonNeeded


def window_ends(session: ClassSession) -> datetime | None:
    """End of the teachers' time for corrections, UTC; None: no end. The days count from the lesson's end."""
    days = session.institution.edit_days
    return None if days is None else session.ends_at + timedelta(days=days)


def is_past_window(session: ClassSession) -> bool:
    """Return whether only an administrator may still change this register."""
    ends = window_ends(session)
    return ends is not None and timezone.now() > ends


def require_may_edit(session: ClassSession, *, by: User, reason: str) -> None:
    """Check that `by` may change a closed register: in the school's days for corrections everyone who works with it.

    Afterwards only an administrator, with a reason. Raises EditWindowOver, ReasonNeeded.
    """
    if not is_past_window(session):
        return
    members = Membership.objects.for_institution(session.institution)
    if not members.filter(user=by, role=Role.ADMIN).exists():
        raise EditWindowOver(session.institution.edit_days or 0)
    require_reason(reason)


def require_reason(reason: str) -> None:
    """Raise ReasonNeeded for a reason without a letter or digit."""
    if not any(sign.isalnum() for sign in reason):
        raise ReasonNeeded
