"""Reading memberships."""

from django.db.models import QuerySet

from accounts.models import Membership, User


def memberships_of(user: User) -> QuerySet[Membership]:
    """A person's memberships with their institutions, by the institutions' names."""
    return Membership.objects.filter(user=user).select_related("institution").order_by("institution__name")


def membership_at(user: User, slug: str) -> Membership | None:
    """The person's membership of the institution with this slug, or None: strangers and typing errors look alike."""
    return memberships_of(user).filter(institution__slug=slug).first()
