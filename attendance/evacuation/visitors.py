"""Visitors signed in and out."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.models import Institution, User
from attendance.models import Visitor

_DOUBLE_CLICK = timedelta(minutes=2)


def visitor_enter(*, institution: Institution, name: str, host: str, place: str, by: User) -> Visitor:
    """Sign a visitor in, now. The same form sent again within two minutes is the same visit."""
    who = {"institution": institution, "name": name, "host": host, "place": place}
    with transaction.atomic():
        Institution.objects.select_for_update().get(pk=institution.pk)
        again = Visitor.objects.filter(**who, left_at=None, arrived_at__gt=timezone.now() - _DOUBLE_CLICK)
        return again.first() or Visitor.objects.create(**who, entered_by=by)


def visitor_leave(*, visitor: Visitor) -> None:
    """Sign a visitor out. A second time changes nothing."""
    rows = Visitor.objects.for_institution(visitor.institution).filter(pk=visitor.pk, left_at=None)
    rows.update(left_at=timezone.now())
