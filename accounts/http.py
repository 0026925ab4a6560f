"""The request as the portal's views see it, for the type checker, and ids that come with one."""

from uuid import UUID

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from accounts.models import Institution, Membership, User


class PortalRequest(HttpRequest):
    """Any request behind the tenancy middleware: under a school's address both are set, elsewhere neither."""

    membership: Membership | None
    institution: Institution | None
    htmx: HtmxDetails


class SchoolRequest(HttpRequest):
    """A request that the tenancy middleware let through: its visitor is a member of its institution."""

    user: User
    membership: Membership
    institution: Institution
    htmx: HtmxDetails


def id_in(text: str) -> UUID | None:
    """The id that a text from outside is; None for any other text."""
    try:
        return UUID(text)
    except ValueError:
        return None
