"""Signing in: by e-mail and password, without sign-up, and the addresses of allauth's that the portal offers."""

import logging
import smtplib
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from allauth.account import urls as allauth_urls
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend as AllauthBackend
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import URLPattern
from django.utils.translation import gettext_lazy as _

from accounts.mail import mail_trouble

logger = logging.getLogger(__name__)
Response = TypeVar("Response", bound=HttpResponseBase)

# Everything else answers 404, also what a later release of allauth adds: its page of e-mail addresses, for one, lets a
# person take an address for theirs before it is proved.
OFFERED = frozenset(
    {
        "account_login",
        "account_logout",
        "account_inactive",
        "account_change_password",
        "account_reset_password",
        "account_reset_password_done",
        "account_reset_password_from_key",
        "account_reset_password_from_key_done",
        "account_email_verification_sent",
        "account_confirm_email",
    }
)


class AccountAdapter(DefaultAccountAdapter):
    """People are invited by their school; there is no sign-up."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": _("E-mail or password is wrong. Please check both."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a mail about an account, such as a new password's link.

        At once and not by the outbox: it belongs to no school, and its reader waits for it and asks again. One that
        does not leave looks like one that did: the page tells nobody which addresses have an account.
        """
        try:
            super().send_mail(template_prefix, email, context)
        except (OSError, smtplib.SMTPException) as error:
            logger.error("A mail about an account did not leave: %s", mail_trouble(error))

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        """The account that the credentials open. allauth hands on one that its backend refused, as inactive."""
        user = super().authenticate(request, **credentials)
        return user if may_sign_in(user) else None


class AuthenticationBackend(AllauthBackend):
    """Accounts of the demo are shut, their open sessions too, once it is no demonstration any more."""

    def user_can_authenticate(self, user: AbstractBaseUser | None) -> bool:
        return may_sign_in(user) and super().user_can_authenticate(user)


def may_sign_in(user: object) -> bool:
    """False for an account of the demo where DEMO is off: its password is printed in the documents."""
    return settings.DEMO or not getattr(user, "is_demo", False)


def nowhere(request: HttpRequest, **kwargs: str) -> HttpResponse:
    """404 in place of a page that the portal does not offer. Its name stays: allauth makes links of it."""
    raise Http404


def emptying(sign_out: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """The view that signs out, after which the browser forgets its cached pages and pictures.

    Not its storage: what could not be sent yet is there, and queue.js asks before it deletes that (docs/offline.md).
    """

    @wraps(sign_out)
    def view(request: HttpRequest, **kwargs: str) -> HttpResponseBase:
        response = sign_out(request, **kwargs)
        return emptied(response) if request.method == "POST" else response

    return view


def emptied(response: Response) -> Response:
    """The answer to a session's end: the browser forgets what it cached of the portal."""
    response["Clear-Site-Data"] = '"cache"'
    return response


def _offered(each: URLPattern) -> Callable[..., HttpResponseBase]:
    if each.name not in OFFERED:
        return nowhere
    return emptying(each.callback) if each.name == "account_logout" else each.callback


urlpatterns = [
    URLPattern(each.pattern, _offered(each), each.default_args, each.name) for each in allauth_urls.urlpatterns
]
