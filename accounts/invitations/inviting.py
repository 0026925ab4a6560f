"""Inviting people to an institution: a pending offer and the mail that tells of it.

Nothing is created for the invited person before they accept, and nothing is told to the school of an account that may
exist already. Only the hash of a link's secret is kept: sending again makes a new link, and the old one ends.
"""

from datetime import timedelta
from functools import partial

from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.addresses import Addresses, PortalAddress
from accounts.errors import AccountError
from accounts.link_secrets import hash_of, secret_for, secret_new
from accounts.mail import mail_label, mail_of
from accounts.models import Institution, Invitation, Membership, OutboxMail, Role, User
from accounts.outbox import MailObsolete, mail_kind, mail_queue, mail_try_now, mail_words, mails_supersede

VALID_FOR = timedelta(days=14)
PAUSE = timedelta(minutes=10)  # between two mails to one address
MOST_A_DAY = 5  # mails of one school to one address in 24 hours
MAIL = "invitation"  # the kind of its mails
State = Invitation.State


def invitation_create(
    *,
    institution: Institution,
    email: str,
    name: str,
    role: Role,
    by: User | None,
    request: Addresses,
    language: str = "",
) -> Invitation:
    """Store a pending invitation and mail its link once the transaction is committed.

    `request` gives the address that the link leads to; `language` is the mail's for a person who has no account yet,
    by default the school's. A mail that does not leave is noted in `mail_error`.
    Raises AccountError `already_member`, `already_invited`, and `too_many_mails`; ValidationError for an address or a
    name that is none.
    """
    email = email.strip().lower()
    _refuse_members(institution, email)
    _refuse_too_many(institution, email)
    invitation = Invitation(
        institution=institution,
        email=email,
        name=name,
        language=language,
        role=role,
        invited_by=by,
        token_hash=hash_of(secret_new()),  # of no link: one is made when the mail is sent
        expires_at=timezone.now() + VALID_FOR,
    )
    invitation.clean_fields()
    try:
        with transaction.atomic():
            invitation.save()
            _mail_after_commit(invitation, request)
    except IntegrityError as error:
        raise _already_invited() from error
    return invitation


def invitation_send_again(*, invitation: Invitation, request: Addresses) -> None:
    """Mail a new link, valid for the full time again.

    Raises AccountError `not_pending`, `too_soon`, `too_many_mails`.
    """
    with transaction.atomic():
        invitation = (
            Invitation.objects.select_for_update(of=("self",)).select_related("institution").get(pk=invitation.pk)
        )
        _refuse_ended(invitation)
        if invitation.sent_at and not invitation.mail_error and timezone.now() - invitation.sent_at < PAUSE:
            raise _too_soon()
        _refuse_too_many(invitation.institution, invitation.email)
        invitation.token_hash = hash_of(secret_new())
        invitation.expires_at = timezone.now() + VALID_FOR
        invitation.save(update_fields=["token_hash", "expires_at"])
        _mail_after_commit(invitation, request)


def invitation_readdress(*, invitation: Invitation, email: str, request: Addresses) -> None:
    """Correct the address of a pending invitation and mail a new link there; the link sent before ends.

    A guardian's address is that of their row, and corrected there. Raises AccountError `not_pending`, `guardians_own`,
    `already_member`, `already_invited`, `too_soon`, `too_many_mails`; ValidationError for an address that is none.
    """
    email = email.strip().lower()
    try:
        with transaction.atomic():
            invitation = (
                Invitation.objects.select_for_update(of=("self",)).select_related("institution").get(pk=invitation.pk)
            )
            _refuse_ended(invitation)
            if invitation.role == Role.GUARDIAN:
                raise AccountError("guardians_own", _("Correct this address under Guardians, then invite them again."))
            _refuse_members(invitation.institution, email)
            _refuse_too_many(invitation.institution, email)
            invitation.email, invitation.token_hash = email, hash_of(secret_new())
            invitation.expires_at = timezone.now() + VALID_FOR
            invitation.clean_fields()
            invitation.save(update_fields=["email", "token_hash", "expires_at"])
            _mail_after_commit(invitation, request)
    except IntegrityError as error:
        raise _already_invited() from error


def invitation_revoke(*, invitation: Invitation) -> None:
    """Take a pending invitation back. Raises AccountError `not_pending`."""
    with transaction.atomic():
        invitation = Invitation.objects.select_for_update().get(pk=invitation.pk)
        _refuse_ended(invitation)
        end(invitation, State.REVOKED)


def end(invitation: Invitation, state: Invitation.State) -> None:
    """Write how a pending invitation ended."""
    invitation.state, invitation.ended_at = state, timezone.now()
    invitation.save(update_fields=["state", "ended_at"])


def _refuse_ended(invitation: Invitation) -> None:
    if invitation.state != State.PENDING:
        raise AccountError("not_pending", _("This invitation has been answered or taken back already."))


def _refuse_members(institution: Institution, email: str) -> None:
    if Membership.objects.for_institution(institution).filter(user__email=email).exists():
        raise AccountError("already_member", _("Someone with this e-mail address is a member already."))


def _already_invited() -> AccountError:
    return AccountError("already_invited", _("This address has an invitation already. Send it again instead."))


def _too_soon() -> AccountError:
    return AccountError("too_soon", _("The last mail went out a moment ago. Try again in ten minutes."))


def _refuse_too_many(institution: Institution, email: str) -> None:
    """Raise AccountError where one school mails one address too often, revoked and repeated invitations counted."""
    today = Invitation.objects.for_institution(institution).filter(
        email=email, sent_at__gt=timezone.now() - timedelta(days=1)
    )
    if (today.aggregate(sent=Sum("times_sent"))["sent"] or 0) >= MOST_A_DAY:
        raise AccountError("too_many_mails", _("Several mails went to this address today. Please wait until tomorrow."))


def _mail_after_commit(invitation: Invitation, request: Addresses) -> None:
    """Queue the mail, and try it at once after the commit. Its link is made when it is sent.

    Raises AccountError `too_soon` while an earlier one is just leaving.
    """
    if not mails_supersede(institution=invitation.institution, kind=MAIL, about=invitation.pk):
        raise _too_soon()
    invitation.sent_at = timezone.now()
    invitation.times_sent += 1
    invitation.came_back_at = None
    invitation.save(update_fields=["sent_at", "times_sent", "came_back_at"])
    mail = mail_queue(
        institution=invitation.institution,
        kind=MAIL,
        to=invitation.email,
        about=invitation.pk,
        key=f"{invitation.pk}.{invitation.times_sent}",
        parameters={"base": request.build_absolute_uri("/"), "number": invitation.times_sent},
        useless_at=invitation.expires_at,
    )
    transaction.on_commit(partial(mail_try_now, mail))


def _note(mail: OutboxMail) -> None:
    """Note on the invitation what came of its mail, unless a newer one was sent."""
    newest = Invitation.objects.filter(pk=mail.about, times_sent=mail.parameters["number"])
    newest.filter(came_back_at=None).update(mail_error=mail_words(mail)[:200])


@mail_kind(MAIL, settled=_note)
def invitation_mail(mail: OutboxMail) -> EmailMessage:
    """The mail with a new link, in its reader's language, else the school's. Raises MailObsolete."""
    token = secret_for(MAIL, mail.pk)
    rows = Invitation.objects.filter(pk=mail.about, state=State.PENDING, times_sent=mail.parameters["number"])
    if not rows.update(token_hash=hash_of(token)):
        raise MailObsolete(_("The invitation was answered, taken back or sent again."))
    invitation = rows.select_related("institution", "invited_by").get()
    account = User.objects.filter(email=invitation.email).first()  # its owner reads the mail, the school does not
    spoken = (account and account.language) or invitation.language or invitation.institution.language
    link = PortalAddress(mail.parameters["base"]).build_absolute_uri(reverse("invitation", args=[token]))
    with translation.override(spoken):
        context = {"invitation": invitation, "school": invitation.institution, "link": link}
        subject = _("%(school)s invites you to its attendance portal") % {"school": invitation.institution.name}
        message = mail_of("accounts/invitations/mail", context, subject=subject, to=invitation.email)
    mail_label(message, invitation)
    return message
