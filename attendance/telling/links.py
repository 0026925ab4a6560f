"""The signed link of a notice's mail: it shows that mail's absences, takes a reason, and switches the mails off."""

from datetime import timedelta
from uuid import UUID

from django.core import signing
from django.core.exceptions import ValidationError

from accounts.models import OutboxMail

VALID_FOR = timedelta(days=30)
_SALT = "attendance.telling"


def token_of(mail: OutboxMail) -> str:
    """The token of a mail's link, valid for thirty days; nothing is stored."""
    return signing.dumps(mail.pk.hex, salt=_SALT)


def mail_by_token(school: str, token: str) -> OutboxMail | None:
    """The mail of a school (its slug) whose link has this token; None for a guessed one, or one that is too old."""
    try:
        pk = UUID(signing.loads(token, salt=_SALT, max_age=VALID_FOR))
    except (signing.BadSignature, ValueError, TypeError, AttributeError):
        return None
    try:
        mails = OutboxMail.objects.select_related("institution").filter(institution__slug=school)
        return mails.filter(pk=pk).first()
    except ValidationError:
        return None
