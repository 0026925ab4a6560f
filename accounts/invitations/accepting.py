"""Answering an invitation: by its link, which proves the address, or signed in with that address."""

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.errors import AccountError
from accounts.invitations.inviting import State, end
from accounts.link_secrets import hash_of
from accounts.models import Invitation, Membership, User

# Sent in the transaction that makes somebody a member: invitation, membership.
invitation_accepted = Signal()


def invitation_by_token(token: str) -> Invitation | None:
    """The invitation whose link has this secret, in whatever state; None if there is none."""
    return Invitation.objects.select_related("institution", "invited_by").filter(token_hash=hash_of(token)).first()


def invitations_to(user: User) -> QuerySet[Invitation]:
    """Invitations to a signed-in person's own, verified address, in whatever state."""
    proved = EmailAddress.objects.filter(user=user, verified=True, email=user.email)
    return Invitation.objects.select_related("institution", "invited_by").filter(email__in=proved.values("email"))


def invitations_for(user: User) -> QuerySet[Invitation]:
    """Invitations that a signed-in person may answer now."""
    return invitations_to(user).filter(state=State.PENDING, expires_at__gt=timezone.now())


def account_at(invitation: Invitation) -> User | None:
    """The account of the invited address; None if a new one is to be made."""
    return User.objects.filter(email=invitation.email).first()


def invitation_accept(*, invitation: Invitation, user: User) -> Membership:
    """Make the account of the invited address a member. Raises AccountError `no_longer_valid`, `other_address`."""
    with transaction.atomic():
        locked = _locked(invitation)
        if user.email != locked.email or not user.is_active:
            raise AccountError("other_address", _("This invitation is for another e-mail address."))
        end(locked, State.ACCEPTED)
        membership, _created = Membership.objects.get_or_create(
            institution=locked.institution, user=user, defaults={"role": locked.role}
        )
        invitation_accepted.send(Invitation, invitation=locked, membership=membership)
    return membership


def invitation_accept_new(*, invitation: Invitation, name: str, password: str) -> User:
    """Make an account for the invited address, verified by the link, and its membership.

    Raises AccountError `no_longer_valid`, also where an account of that address was made meanwhile; ValidationError.
    """
    with transaction.atomic():
        locked = _locked(invitation)
        if account_at(locked):
            raise _not_valid()
        try:
            with transaction.atomic():
                user = User.objects.create_user(locked.email, password, name=name)
        except IntegrityError as error:  # by another school's invitation, in another tab at this moment
            raise _not_valid() from error
        end(locked, State.ACCEPTED)
        membership = Membership.objects.create(institution=locked.institution, user=user, role=locked.role)
        invitation_accepted.send(Invitation, invitation=locked, membership=membership)
    return user


def invitation_decline(*, invitation: Invitation) -> None:
    """End the invitation as declined. Raises AccountError `no_longer_valid`."""
    with transaction.atomic():
        end(_locked(invitation), State.DECLINED)


def _locked(invitation: Invitation) -> Invitation:
    rows = Invitation.objects.select_for_update(of=("self",)).select_related("institution")
    locked = rows.filter(pk=invitation.pk).first()
    if locked is None or not locked.is_valid or locked.token_hash != invitation.token_hash:
        raise _not_valid()
    return locked


def _not_valid() -> AccountError:
    return AccountError("no_longer_valid", _("This invitation has expired or was answered already."))
