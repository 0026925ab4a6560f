"""Selectors of the portal's schools, for its operator."""

from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from accounts.models import Institution, Invitation, Role


def schools_with_admins() -> QuerySet[Any]:
    """All schools by name, each with `members`, `admins` and whether an invitation to administer it is `waiting`."""
    waiting = Invitation.objects.filter(institution=OuterRef("pk"), role=Role.ADMIN, state=Invitation.State.PENDING)
    return Institution.objects.annotate(
        members=Count("memberships"),
        admins=Count("memberships", filter=Q(memberships__role=Role.ADMIN)),
        waiting=Exists(waiting),
    ).order_by("name")
