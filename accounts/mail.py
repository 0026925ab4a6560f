"""Mails as they are written, labelled, and what is said of one that did not leave. They leave by `accounts.outbox`."""

import logging
import smtplib
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from accounts.tenancy import MailedModel

logger = logging.getLogger(__name__)
LABEL_HEADER = "X-Attendance-Mail"  # beside the Message-ID, which some services replace by their own
NOT_SENT = ("console", "dummy", "locmem", "filebased")  # backends that print or keep mails


@dataclass(frozen=True, slots=True)
class MailLabel:
    """Label of a mail, by which a report tells which one came back. kind: a MailedModel's name; number: of the mail
    among those of the row."""

    kind: str
    pk: UUID
    number: int

    def __str__(self) -> str:
        return f"{self.kind}.{self.pk}.{self.number}"


def mail_label(mail: EmailMessage, row: MailedModel) -> None:
    """Give a mail the label of the row that it is about."""
    label = MailLabel(str(row._meta.model_name), row.pk, row.times_sent)
    mail.extra_headers |= {"Message-ID": message_id(label), LABEL_HEADER: str(label)}


def message_id(local: object) -> str:
    """A Message-ID with this local part, at the domain of the portal's own address."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return f"<{local}@{domain}>"


def mail_of(template: str, context: dict[str, Any], *, subject: str, to: str) -> EmailMultiAlternatives:
    """A mail to one address as text and HTML: the templates `<template>.txt` and `<template>.html`, filled alike.

    The HTML says its language and in which direction that is written. A subject is one line: what a name breaks it with
    becomes blanks.
    """
    line, text = " ".join(subject.split()), render_to_string(f"{template}.txt", context)
    mail = EmailMultiAlternatives(line, text, settings.DEFAULT_FROM_EMAIL, [to])
    page = {"subject": line, "content": render_to_string(f"{template}.html", context)}
    mail.attach_alternative(render_to_string("accounts/mail_frame.html", page), "text/html")
    return mail


def mail_trouble(error: Exception) -> str:
    """The sentence for a mail server's refusal, or for one that cannot be reached."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return _("The mail server did not accept the portal's user name or password.")
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return _("The mail server refused this address.")
    if isinstance(error, smtplib.SMTPSenderRefused):
        return _("The mail server refused the portal's own address as the sender.")
    if isinstance(error, smtplib.SMTPResponseException):
        return _("The mail server refused the e-mail.")
    return _("The mail server could not be reached.")


def mail_is_sent() -> bool:
    """True if mails leave this machine: false where they are printed, kept or thrown away."""
    return settings.EMAIL_BACKEND.split(".")[-2].lower() not in NOT_SENT


def test_mail_send(*, to: str) -> str:
    """Send a test e-mail. Returns an empty string, or the sentence that says why it did not leave.

    At once and not by the outbox: it is to show what the mail server says now, also where no worker runs.
    """
    text = _("This is a test. E-mails from the attendance portal arrive at this address.")
    mail = EmailMessage(_("Test e-mail from the attendance portal"), text, settings.DEFAULT_FROM_EMAIL, [to])
    try:
        mail.send()
    except (OSError, smtplib.SMTPException) as error:
        logger.warning("The test mail did not leave: %s", type(error).__name__)
        return mail_trouble(error)
    return ""


test_mail_send.__test__ = False  # type: ignore[attr-defined]  # pytest takes the name for a test
