"""Services for members: change role, rename, remove, move an account to another address.

A person may belong to several institutions. None of them owns the person: an administrator may change the person's role
*there*, never the e-mail or the password, and the name only while the person belongs to no other institution.
"""

from allauth.account.models import EmailAddress
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.errors import AccountError
from accounts.models import Institution, Membership, Role, User
from accounts.row_security import across_schools


def member_set_role(*, membership: Membership, role: Role) -> Membership:
    """Give a member another role. Raises AccountError `last_admin`."""
    with transaction.atomic():
        membership = _locked(membership)
        if role != Role.ADMIN:
            _refuse_last_admin(membership)
        membership.role = role
        membership.save(update_fields=["role"])
    return membership


def member_rename(*, membership: Membership, name: str) -> None:
    """Correct a member's name. Raises AccountError `belongs_elsewhere`, or ValidationError."""
    if not may_rename(membership):
        raise AccountError("belongs_elsewhere", _("This person's name is theirs to change: they belong elsewhere too."))
    membership.user.name = name
    membership.user.full_clean(exclude=["password"])
    membership.user.save(update_fields=["name", "name_key"])


def may_rename(membership: Membership) -> bool:
    """True if the institution may correct the person's name: they belong nowhere else and do not run the portal."""
    elsewhere = Membership.objects.filter(user=membership.user).exclude(pk=membership.pk)
    with across_schools():
        return not membership.user.is_superuser and not elsewhere.exists()


def member_remove(*, membership: Membership) -> None:
    """End a membership. The person's account stays. Raises AccountError `last_admin`."""
    with transaction.atomic():
        membership = _locked(membership)
        _refuse_last_admin(membership)
        membership.delete()


def is_last_admin(membership: Membership) -> bool:
    """True if the institution would have no administrator without this member."""
    others = Membership.objects.for_institution(membership.institution).filter(role=Role.ADMIN, user__is_active=True)
    return membership.role == Role.ADMIN and not others.exclude(pk=membership.pk).exists()


def _locked(membership: Membership) -> Membership:
    """The membership, read again under a lock on all administrators of its institution."""
    Institution.objects.select_for_update().get(pk=membership.institution_id)
    return Membership.objects.select_related("user", "institution").get(pk=membership.pk)


def _refuse_last_admin(membership: Membership) -> None:
    if is_last_admin(membership):
        raise AccountError(
            "last_admin", _("%s is the only administrator. Make somebody else one first.") % membership.user
        )


def email_change_begin(*, user: User, email: str, request: HttpRequest) -> None:
    """Send a link to a new address. The old one holds until the link is opened, by a reader of the new one's mail."""
    EmailAddress.objects.add_new_email(request, user, email.strip().lower())
