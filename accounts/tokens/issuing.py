"""Services of API tokens: create, revoke, note that one was used."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.errors import AccountError
from accounts.models import User
from accounts.tokens.models import ApiToken
from accounts.tokens.selectors import tokens_of

LIFETIMES = (7, 30, 90, 365)  # days
MOST = 20  # valid tokens of one person


def token_create(*, user: User, name: str, scope: str, days: int) -> tuple[ApiToken, str]:
    """Create a token and return it with its secret, which is kept nowhere. The owner's invalid tokens are deleted.

    Raises AccountError `too_many_tokens`.
    """
    with transaction.atomic():
        owner = User.objects.select_for_update().get(pk=user.pk)
        valid = tokens_of(owner)
        ApiToken.objects.filter(user=owner).exclude(pk__in=list(valid.values_list("pk", flat=True))).delete()
        if valid.count() >= MOST:
            raise AccountError("too_many_tokens", _("You have %d tokens. Revoke one first.") % MOST)
        token, secret = ApiToken.objects.create(
            owner,
            expiry=timedelta(days=days),
            name=name,
            scope=scope,
            password_stamp=owner.get_session_auth_hash(),
        )
    return token, secret


def token_revoke(*, token: ApiToken) -> None:
    """Delete a token: the next request with it is refused."""
    token.delete()


def tokens_revoke(*, user: User) -> None:
    """Delete all tokens of a person."""
    ApiToken.objects.filter(user=user).delete()


def token_used(*, token: ApiToken) -> None:
    """Note the day on which a token was used: one write a day, however often it is."""
    today = timezone.now().date()
    if token.used_on != today:
        ApiToken.objects.filter(Q(used_on=None) | Q(used_on__lt=today), pk=token.pk).update(used_on=today)
