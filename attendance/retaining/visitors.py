"""Visitors past the time for which their names are kept; the lists of evacuations lose them as well."""

from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone

from attendance.models import Visitor

VISITOR_DAYS = 90


def visitors_expired() -> QuerySet[Visitor]:
    """Visitors of every school who came longer ago than their names are kept."""
    return Visitor.objects.filter(arrived_at__lt=timezone.now() - timedelta(days=VISITOR_DAYS))


def visitors_delete(visitors: QuerySet[Visitor]) -> int:
    """Delete these visitors; returns their number."""
    return visitors.delete()[1].get("attendance.Visitor", 0)
