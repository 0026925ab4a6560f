"""The request as the portal's views see it, for the type checker."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from accounts.models import Institution, Membership, User


class SchoolRequest(HttpRequest):
    """A request that the tenancy middleware let through: its visitor is a member of its institution."""

    user: User  # type: ignore[assignment]
    membership: Membership
    institution: Institution
    htmx: HtmxDetails
