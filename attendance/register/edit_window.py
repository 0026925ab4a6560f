"""Until when a closed register may still be changed, and by whom afterwards."""

from datetime import datetime, timedelta

from django.utils import timezone

from accounts.models import Membership, Role, User
from attendance.models import ClassSession
from attendance.register.errors import EditWindowOver, ReasonNeeded


def window_ends(session: ClassSession) -> datetime | None:
    """When the teachers' time for corrections is over; None: never. The days count from the lesson's end."""
    days = session.institution.edit_days
    return None if days is None else session.ends_at + timedelta(days=days)


def is_past_window(session: ClassSession) -> bool:
    """Whether only an administrator may change this register any more."""
    ends = window_ends(session)
    return ends is not None and timezone.now() > ends


def require_may_edit(session: ClassSession, *, by: User, reason: str) -> None:
    """Within the school's days for corrections anybody who works with the register may change it again.

    Afterwards an administrator may, who says why. Raises EditWindowOver, ReasonNeeded.
    """
    if not is_past_window(session):
        return
    members = Membership.objects.for_institution(session.institution)
    if not members.filter(user=by, role=Role.ADMIN).exists():
        raise EditWindowOver(session.institution.edit_days or 0)
    require_reason(reason)


def require_reason(reason: str) -> None:
    """Raises ReasonNeeded for one that says nothing."""
    if not any(sign.isalnum() for sign in reason):
        raise ReasonNeeded
