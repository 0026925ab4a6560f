"""Delivery status notifications (RFC 3464): the mail that came back, and why, read from one message."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.mail import LABEL_HEADER, MailLabel

_LABEL = r"\b([a-z]{3,40})\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.(\d{1,5})\b"
_STATUS = r"\b[245]\.(\d{1,3}\.\d{1,3})\b"
_REASONS: dict[str, Promise] = {
    "1.0": _("There is no such address."),
    "1.1": _("There is no such address."),
    "1.2": _("There is no such address."),
    "1.3": _("There is no such address."),
    "1.6": _("There is no such address."),
    "1.10": _("There is no such address."),
    "2.1": _("This mailbox has been closed."),
    "2.2": _("This mailbox is full."),
    "4.1": _("The mail server of this address could not be reached."),
    "4.4": _("The mail server of this address could not be reached."),
    "4.7": _("The mail server of this address could not be reached."),
}
_OTHER = _("The mail server of this address sent the e-mail back.")


@dataclass(frozen=True, slots=True)
class Bounce:
    """A mail of ours that will not arrive. status: such as 5.1.1, empty if the report names none."""

    label: MailLabel
    status: str

    @property
    def reason(self) -> Promise:
        """One sentence for people."""
        found = re.search(_STATUS, self.status)
        return _REASONS.get(found[1], _OTHER) if found else _OTHER


def bounce_in(message: Message) -> Bounce | None:
    """The bounce that a message reports; None for any other message, a delay, or a mail that is not ours."""
    if message.get_content_type() != "multipart/report":
        return None
    try:
        parts = list(message.walk())
    except RecursionError:  # parts within parts without end
        return None
    failed = [block for block in _recipients(parts) if _word(block, "Action") == "failed"]
    label = next(filter(None, map(_label_of, parts)), None)
    return Bounce(label, _word(failed[0], "Status")) if failed and label else None


def _recipients(parts: list[Message]) -> Iterator[Message]:
    """The blocks of the report, one for each recipient; the one about the whole mail has no action."""
    for part in parts:
        if part.get_content_type() == "message/delivery-status" and part.is_multipart():
            yield from (block for block in part.get_payload() if isinstance(block, Message))


def _word(block: Message, name: str) -> str:
    """A field's first word, in small letters: comments may follow it."""
    words = str(block.get(name, "")).lower().split()
    return words[0] if words else ""


def _label_of(part: Message) -> MailLabel | None:
    """The label of the mail that a part gives back, whole or its head only."""
    kind = part.get_content_type()
    if kind == "text/rfc822-headers":
        payload = part.get_payload(decode=True)
        text = payload.decode("ascii", "replace") if isinstance(payload, bytes) else ""
        named = (LABEL_HEADER.lower(), "message-id")
        heads = "\n".join(line for line in text.splitlines() if line.lower().partition(":")[0] in named)
    elif kind == "message/rfc822" and part.is_multipart():
        returned = part.get_payload(0)
        heads = f"{returned.get(LABEL_HEADER, '')} {returned.get('Message-ID', '')}"  # type: ignore[union-attr]
    else:
        return None
    found = re.search(_LABEL, heads)
    return MailLabel(found[1], UUID(found[2]), int(found[3])) if found else None
