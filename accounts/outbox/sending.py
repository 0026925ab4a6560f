"""Sending a claimed mail: what is written before and after the mail server is talked to."""

import logging
import smtplib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.core.mail import EmailMessage, get_connection
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.mail import LABEL_HEADER, MailLabel, mail_trouble, message_id
from accounts.models import OutboxMail
from accounts.outbox.kinds import MailObsolete, kind_of
from accounts.outbox.queue import OUTBOX, State, held, mail_claim, mail_claim_next, settle, unknown_sentence

logger = logging.getLogger(__name__)
# After the first, second … refusal for now. After the last one a mail is given up: about a day and a half.
DELAYS = tuple(timedelta(minutes=n) for n in (1, 5, 15, 60, 180, 360, 720, 720))


@dataclass(frozen=True, slots=True)
class Outcome:
    """Result of a try. is_for_now: a refusal that may end by itself."""

    state: State
    error: str = ""
    is_for_now: bool = False


SENT = Outcome(State.SENT)


def mail_send_next() -> bool:
    """Send the mail whose turn it is. Returns whether there was one."""
    mail = mail_claim_next()
    if mail:
        with translation.override(mail.institution.language):
            _send(mail)
    return mail is not None


def mails_send_due(*, is_stopping: Callable[[], bool] = lambda: False) -> int:
    """Send every mail that is due; returns how many were tried."""
    tried = 0
    while not is_stopping() and mail_send_next():
        tried += 1
    return tried


def mail_try_now(mail: OutboxMail) -> OutboxMail:
    """Send this mail at once, unless another process has it; to be called after the commit that queued it.

    Returns the row as it is then. What could not be sent for now is tried again by the workers.
    """
    claimed = mail_claim(mail)
    if claimed:
        _send(claimed)
    mail.refresh_from_db()
    return mail


def _send(mail: OutboxMail) -> None:
    """Compose a claimed mail and send it, each step committed before the next."""
    try:
        message = _composed(mail)
    except MailObsolete as reason:
        _end(mail, Outcome(State.DROPPED, str(reason)), State.PREPARING)
        return
    except Exception:
        logger.exception("The mail %s of kind %s could not be composed", mail.pk, mail.kind)
        _end(mail, Outcome(State.FAILED, _("The e-mail could not be written."), is_for_now=True), State.PREPARING)
        return
    connection = get_connection()
    try:
        connection.open()
    except (OSError, smtplib.SMTPException) as error:  # nothing has been sent: the next try is safe
        _end(mail, Outcome(State.FAILED, mail_trouble(error), is_for_now=True), State.PREPARING)
        return
    try:
        if held(mail, State.PREPARING).update(state=State.SENDING, tries=mail.tries + 1):
            mail.tries += 1
            message.connection = connection
            _end(mail, _outcome(message), State.SENDING, State.UNKNOWN)
    finally:
        _closed(connection)


def _composed(mail: OutboxMail) -> EmailMessage:
    if mail.useless_at is not None and mail.useless_at < timezone.now():
        raise MailObsolete(_("It would have come too late."))
    message = kind_of(mail.kind).compose(mail)
    label = MailLabel(OUTBOX, mail.pk, 1)  # one mail to one address, however often it is tried
    message.extra_headers = {"Message-ID": message_id(label), LABEL_HEADER: str(label)} | message.extra_headers
    message.message()  # what no mail can bear, such as a header of two lines, is found before anything is sent
    return message


def _outcome(message: EmailMessage) -> Outcome:
    """Send, and tell what the server answered. Without an answer nobody knows whether the mail left."""
    try:
        message.send()
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _words in error.recipients.values()]
        return _refused(error, min(codes, default=550))
    except smtplib.SMTPResponseException as error:
        return _refused(error, error.smtp_code)
    except (OSError, smtplib.SMTPException) as error:
        logger.warning("A connection was lost amidst sending: %s", type(error).__name__)
        return Outcome(State.UNKNOWN, unknown_sentence())
    except Exception:
        logger.exception("A mail was being sent when something else went wrong")
        return Outcome(State.UNKNOWN, unknown_sentence())
    return SENT


def _refused(error: Exception, code: int) -> Outcome:
    is_for_now = code < 500 or isinstance(error, smtplib.SMTPAuthenticationError)
    return Outcome(State.FAILED, mail_trouble(error), is_for_now=is_for_now)


def _end(mail: OutboxMail, outcome: Outcome, *from_states: State) -> None:
    """Write what came of a try: the end, or when the next one is."""
    tries = mail.tries if State.SENDING in from_states else mail.tries + 1
    now, fields = timezone.now(), {"error": outcome.error[:200], "tries": tries, "lease_until": None}
    if outcome.is_for_now and tries <= len(DELAYS):
        fields |= {"state": State.WAITING, "due_at": now + DELAYS[tries - 1]}
    else:
        fields |= {"state": outcome.state, "ended_at": now}
    if held(mail, *from_states).update(**fields):
        mail.refresh_from_db()
        settle(mail)


def _closed(connection: object) -> None:
    try:
        connection.close()  # type: ignore[attr-defined]
    except (OSError, smtplib.SMTPException):  # the mail's own outcome is known and written
        logger.info("The mail server closed the connection first")
