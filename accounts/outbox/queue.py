"""The way of a mail's row: queued, claimed by one process at a time, put back, ended."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.leases import Turns, unlocked
from accounts.models import Institution, OutboxMail
from accounts.outbox.kinds import kind_names, kind_of

State = OutboxMail.State
OUTBOX = "outboxmail"  # in the label of a mail: the row of the outbox itself, of which it is the only one
LEASE = timedelta(minutes=10)  # longer than any mail server is waited for
KEPT = timedelta(days=90)  # after the end of a mail
ENDED = (State.SENT, State.FAILED, State.DROPPED, State.UNKNOWN)
_TRIES = 5  # of a turn: others may be faster with the mails of the school whose turn it is
_turns = Turns(since="due_at")


def mail_queue(
    *,
    institution: Institution,
    kind: str,
    to: str,
    about: UUID,
    key: str,
    parameters: Mapping[str, Any] | None = None,
    due_at: datetime | None = None,
    useless_at: datetime | None = None,
) -> OutboxMail:
    """Queue a mail; it leaves once the transaction is through. The same kind and key again is the first mail.

    due_at: not before; useless_at: not after. Raises LookupError for an unregistered kind.
    """
    kind_of(kind)
    mail, _is_new = OutboxMail.objects.get_or_create(
        institution=institution,
        kind=kind,
        key=key,
        defaults={
            "to": to,
            "about": about,
            "parameters": dict(parameters or {}),
            "due_at": due_at or timezone.now(),
            "useless_at": useless_at,
        },
    )
    return mail


def mail_cancel(*, mail: OutboxMail, reason: str) -> bool:
    """Drop a mail that nobody has begun to send. Returns whether it was in time."""
    rows = OutboxMail.objects.filter(pk=mail.pk, state=State.WAITING)
    return bool(rows.update(state=State.DROPPED, error=reason[:200], ended_at=timezone.now()))


def mails_supersede(*, institution: Institution, kind: str, about: UUID) -> bool:
    """Drop the mails of a kind about one row that wait, since another is to be sent in their place.

    Returns False if one is being sent right now: then another would be the same mail twice.
    """
    rows = OutboxMail.objects.for_institution(institution).filter(kind=kind, about=about)
    for mail in rows.filter(state__in=[State.WAITING, State.PREPARING, State.SENDING]):
        if not mail_cancel(mail=mail, reason=_("It was sent again meanwhile.")):
            return False
    return True


def mail_came_back(*, mail: OutboxMail, reason: str) -> bool:
    """Note that a mail server gave back a mail that it had taken, and tell its kind. Once: repeated it changes nothing.

    Returns whether it was news.
    """
    rows = OutboxMail.objects.filter(pk=mail.pk, state__in=[State.SENT, State.UNKNOWN])
    if not rows.update(state=State.FAILED, error=reason[:200]):
        return False
    mail.refresh_from_db()
    settle(mail)
    return True


def mail_words(mail: OutboxMail) -> str:
    """The sentence about a mail that has not left; empty once it has."""
    if mail.state == State.SENT:
        return ""
    if mail.state in ENDED:
        return mail.error
    if mail.error:
        return _("%s It is tried again by itself.") % mail.error
    return _("The e-mail has not left yet.")


def mails_due() -> QuerySet[OutboxMail]:
    """Mails to be sent now, of kinds known here: also those whose process died before it sent anything."""
    now = timezone.now()
    return OutboxMail.objects.filter(_free(now), kind__in=kind_names(), due_at__lte=now)


def mail_claim_next() -> OutboxMail | None:
    """Claim the mail whose turn it is, schools one after the other. None if there is none."""
    for _number in range(_TRIES):
        school = _turns.next_school(mails_due())
        if school is None:
            return None
        with transaction.atomic():
            row = unlocked(mails_due().filter(institution_id=school).order_by("due_at")).first()
            claimed = mail_claim(row) if row else None
        if claimed:
            return claimed
    return None


def mail_claim(mail: OutboxMail) -> OutboxMail | None:
    """Claim one mail, if it is due and nobody has it."""
    lease = uuid4()
    until = timezone.now() + LEASE
    if not mails_due().filter(pk=mail.pk).update(state=State.PREPARING, lease=lease, lease_until=until):
        return None
    return OutboxMail.objects.select_related("institution").get(pk=mail.pk)


def held(mail: OutboxMail, *states: State) -> QuerySet[OutboxMail]:
    """The mail's row while the claim is still the one that `mail` was read with."""
    return OutboxMail.objects.filter(pk=mail.pk, lease=mail.lease, state__in=states)


def mails_expire() -> int:
    """Call mails *unknown* whose process died amidst sending, and delete old rows.

    Returns how many it looked after.
    """
    now, count = timezone.now(), 0
    for row in OutboxMail.objects.filter(state=State.SENDING, lease_until__lt=now).select_related("institution"):
        with translation.override(row.institution.language):
            error = unknown_sentence()
        if held(row, State.SENDING).update(state=State.UNKNOWN, ended_at=now, error=error):
            count += 1
            row.refresh_from_db()
            settle(row)
    count += OutboxMail.objects.filter(state__in=ENDED, ended_at__lt=now - KEPT).delete()[0]
    return count


def settle(mail: OutboxMail) -> None:
    """Tell the mail's kind what came of the last try."""
    kind_of(mail.kind).settled(mail)


def unknown_sentence() -> str:
    """The sentence for a mail that may have left or not."""
    return _("It is not known whether the e-mail left. Send it again if nobody answers.")


def _free(now: datetime) -> Q:
    """Of mails that nobody has: nothing of them has been sent."""
    return Q(state=State.WAITING) | Q(state=State.PREPARING, lease_until__lt=now)
