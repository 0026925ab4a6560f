"""Services for members: invite, change role, rename, remove.

A person may belong to several institutions. None of them owns the person: an administrator may change the person's role
*there*, never the e-mail or the password, and the name only while the person belongs to no other institution.
"""

from functools import partial

from allauth.account.forms import ResetPasswordForm
from allauth.core.context import request_context
from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.errors import AccountError
from accounts.languages import in_language_of
from accounts.models import Institution, Membership, Role, User


def member_invite(*, institution: Institution, email: str, name: str, role: Role, request: HttpRequest) -> Membership:
    """Make a person a member and mail them an invitation. `request` gives the address that the mail links to.

    A new person gets an account without a password, and a link to choose one. An existing account stays as it is,
    name included. Raises AccountError `already_member` or `inactive`, or ValidationError.
    """
    email = email.strip().lower()
    with transaction.atomic():
        user = User.objects.filter(email=email).first()
        if user is None:
            user = User.objects.create_user(email, None, name=name)
        elif not user.is_active:
            raise AccountError("inactive", _("This e-mail address cannot be invited. Ask the portal's operator."))
        membership, created = Membership.objects.get_or_create(
            institution=institution, user=user, defaults={"role": role}
        )
        if not created:
            raise AccountError("already_member", _("Somebody with this e-mail address is a member already."))
        transaction.on_commit(partial(_invitation_send, membership, request))
    return membership


def invitation_send_again(*, membership: Membership, request: HttpRequest) -> None:
    """Mail the invitation once more: the link in it works for a limited time."""
    _invitation_send(membership, request)


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
    membership.user.save(update_fields=["name"])


def may_rename(membership: Membership) -> bool:
    """True if the institution may correct the person's name: they belong nowhere else and do not run the portal."""
    elsewhere = Membership.objects.filter(user=membership.user).exclude(pk=membership.pk)
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


def _invitation_send(membership: Membership, request: HttpRequest) -> None:
    user, school = membership.user, membership.institution
    if not user.has_usable_password():
        form = ResetPasswordForm({"email": user.email})
        with request_context(request):  # allauth builds the link's address from it
            if form.is_valid():
                form.save(request)
        return
    with in_language_of(user):
        send_mail(
            _("You are now a member of %s") % school,
            _("%(school)s has added you as %(role)s. Sign in as always: %(address)s")
            % {
                "school": school,
                "role": membership.get_role_display(),
                "address": request.build_absolute_uri(reverse("home")),
            },
            settings.DEFAULT_FROM_EMAIL,
            [user.email],
        )
