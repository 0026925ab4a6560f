"""Selectors of the portal's schools, for its operator."""

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from accounts.counting import counted
from accounts.models import Institution, Invitation, Membership, Role


def schools_with_admins() -> QuerySet[Any]:
    """All schools by name, each with `members`, `admins` and whether an invitation to administer it is `waiting`."""
    waiting = Invitation.objects.filter(institution=OuterRef("pk"), role=Role.ADMIN, state=Invitation.State.PENDING)
    return Institution.objects.annotate(
        members=counted(Membership.objects.filter(institution=OuterRef("pk")), by="institution"),
        admins=counted(Membership.objects.filter(institution=OuterRef("pk"), role=Role.ADMIN), by="institution"),
        waiting=Exists(waiting),
    ).order_by("name")
