"""Selectors of the people who work at a school, and of the invitations that nobody answered yet."""

from collections.abc import Iterable

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import Institution, Invitation, Membership, Role
from accounts.names import folded

STAFF = (Role.ADMIN, Role.TEACHER, Role.PRINCIPAL)


def members_found(institution: Institution, *, roles: Iterable[str], text: str) -> QuerySet[Membership]:
    """Members in one of these roles whose name or e-mail contains the text, by name; an empty text finds all."""
    members = Membership.objects.for_institution(institution).filter(role__in=[*roles]).select_related("user")
    if text:
        members = members.filter(Q(user__name_key__contains=folded(text)) | Q(user__email__icontains=text))
    return members.order_by("user__name_key", "pk")


def invitations_waiting(institution: Institution) -> QuerySet[Invitation]:
    """Invitations without an answer, also those that have run out: mails that did not leave first."""
    waiting = Invitation.objects.for_institution(institution).filter(state=Invitation.State.PENDING)
    return waiting.select_related("invited_by").order_by("-mail_error", "name")


def staff_counts(institution: Institution) -> tuple[int, int]:
    """The numbers of staff who are members, and of staff who were invited and have not answered."""
    members = Membership.objects.for_institution(institution).filter(role__in=STAFF).count()
    waiting = invitations_waiting(institution).filter(role__in=STAFF, expires_at__gt=timezone.now()).count()
    return members, waiting
