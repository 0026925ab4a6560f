"""A kind of mail for the tests: a line to its address; it notes what it is told came of each try."""

import os
import signal

from django.core.mail import EmailMessage

from accounts.outbox import MailObsolete, mail_kind

told = []


def note(mail):
    told.append((mail.to, mail.state))


@mail_kind("test line", settled=note)
def line(mail):
    if mail.parameters.get("obsolete"):
        raise MailObsolete("Nobody wants it any more.")
    if mail.parameters.get("wrong"):
        raise KeyError("a fault of ours")
    if mail.parameters.get("kills") and os.environ.get("DIES") == "composing":
        os.kill(os.getpid(), signal.SIGKILL)
    return EmailMessage("A line", mail.parameters.get("text", "Hello"), None, [mail.to])
