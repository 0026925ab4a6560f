"""Selectors of API tokens."""

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from accounts.sign_in import may_sign_in
from accounts.tokens.models import ApiToken


def tokens_of(user: User) -> QuerySet[ApiToken]:
    """The person's valid tokens: not expired, and made under their present password. Newest first."""
    return ApiToken.objects.filter(user=user, expiry__gt=timezone.now(), password_stamp__in=_stamps(user))


def is_valid(token: ApiToken) -> bool:
    """True for a token of somebody who may sign in, made under their present password. Knox checks the expiry."""
    user: User = token.user
    return user.is_active and may_sign_in(user) and token.password_stamp in _stamps(user)


def _stamps(user: User) -> list[str]:
    """HMACs of the present password: under the secret key, and under those that it replaced."""
    return [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
