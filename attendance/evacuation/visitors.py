"""Visitors signed in and out."""

from django.utils import timezone

from accounts.models import Institution, User
from attendance.models import Visitor


def visitor_enter(*, institution: Institution, name: str, host: str, place: str, by: User) -> Visitor:
    """Sign a visitor in, now."""
    return Visitor.objects.create(institution=institution, name=name, host=host, place=place, entered_by=by)


def visitor_leave(*, visitor: Visitor) -> None:
    """Sign a visitor out. A second time changes nothing."""
    rows = Visitor.objects.for_institution(visitor.institution).filter(pk=visitor.pk, left_at=None)
    rows.update(left_at=timezone.now())
