"""Authentication of API requests by token."""

from django.utils.translation import gettext_lazy as _
from knox.auth import TokenAuthentication as KnoxAuthentication
from rest_framework import exceptions
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from accounts.models import User
from accounts.tokens.issuing import token_used
from accounts.tokens.models import ApiToken, Scope
from accounts.tokens.selectors import is_valid


class ReadOnlyToken(exceptions.PermissionDenied):
    default_code = "read_only_token"
    default_detail = _("This token is read only. Create one with “Read and change”.")


class TokenAuthentication(KnoxAuthentication):
    """`Authorization: Token …`: knox's own, with a scope, and bound to the owner's right to sign in."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """The owner and the token, None without one. Raises AuthenticationFailed (401) or ReadOnlyToken (403)."""
        found = super().authenticate(request)
        if found is None:
            return None
        user, token = found
        if token.scope != Scope.WRITE and request.method not in SAFE_METHODS:
            raise ReadOnlyToken
        token_used(token=token)
        return user, token

    def authenticate_credentials(self, token: bytes) -> tuple[User, ApiToken]:
        """Refuse what cannot be a token before it reaches the database, which takes neither NUL nor broken UTF-8."""
        if not token.isalnum():  # of bytes: ASCII
            raise exceptions.AuthenticationFailed(_("Invalid token."))
        found: tuple[User, ApiToken] = super().authenticate_credentials(token)
        return found

    def validate_user(self, auth_token: ApiToken) -> tuple[User, ApiToken]:
        if not is_valid(auth_token):
            raise exceptions.AuthenticationFailed(_("Invalid token."))
        return auth_token.user, auth_token
