"""Outbox: mails that leave once, whatever crashes, from any number of processes on any number of machines.

A mail is a row (`OutboxMail`), queued in the transaction that wants it sent. Workers take due rows up; a view may try
its own at once (`mail_try_now`). A room names its kind of mail beside the function that composes one::

    @mail_kind("invitation", settled=note_on_invitation)
    def invitation_mail(row: OutboxMail) -> EmailMessage:
        ...  # raise MailObsolete(sentence) if it is not to be sent any more

    mail_queue(institution=school, kind="invitation", to=address, about=invitation.pk, key=f"{invitation.pk}.1")

The way of a row, each step committed before the next:

- *waiting*: due at `due_at`; a row that is queued again under its key is the same mail.
- *preparing*: claimed by one process (SKIP LOCKED where the database has it, and an UPDATE that checks) for ten
  minutes. The text is composed now, from the data of now: what it would say is read again just before it leaves.
  A process that dies here has sent nothing: the row is taken up again.
- *sending*: written before the mail server hears of it. A process that dies here may have sent it or not, and nobody
  can know: the row becomes *unknown*, is shown as such, and never sent again by itself. Better a notice that somebody
  has to look after than the same mail twice.
- *sent*, or what the server said: refused for good, *failed*; refused for now or unreachable, *waiting* again, later
  each time for about a day, then *failed*. A connection lost amidst sending is *unknown* too.

A room that sends again what has not left calls `mails_supersede` first: the older mail is dropped, or the new one
refused while the older is just leaving. A link's secret is `link_secrets.secret_for` the row, so that a mail which
is written twice bears one link.

The Message-ID is the row's own in every try (or the one that its kind gave it), so a mail server that was told twice
can see it, and a report of a mail that came back tells which one: the row is *failed* then. `settled` is called with
the row after each try, and after that; it must be safe to repeat.
"""

from accounts.outbox.kinds import MailObsolete, mail_kind
from accounts.outbox.queue import (
    OUTBOX,
    mail_came_back,
    mail_cancel,
    mail_queue,
    mail_words,
    mails_expire,
    mails_supersede,
)
from accounts.outbox.sending import mail_send_next, mail_try_now, mails_send_due

__all__ = [
    "OUTBOX",
    "MailObsolete",
    "mail_came_back",
    "mail_cancel",
    "mail_kind",
    "mail_queue",
    "mail_send_next",
    "mail_try_now",
    "mail_words",
    "mails_expire",
    "mails_send_due",
    "mails_supersede",
]
