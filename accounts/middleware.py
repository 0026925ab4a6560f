"""Middleware that resolves `/<institution>/…` to the visitor's membership, and sets the visitor's language."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils import timezone, translation
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from accounts.http import PortalRequest, SchoolRequest
from accounts.languages import is_spoken
from accounts.log_context import log_add
from accounts.models import Membership
from accounts.row_security import see_every, see_only
from accounts.selectors import membership_at


class LanguageMiddleware:
    """Language of the request: a signed-in person's own choice goes before their browser's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if user.is_authenticated and is_spoken(user.language):
            translation.activate(user.language)
            request.LANGUAGE_CODE = translation.get_language()
        return self.get_response(request)


class TenancyMiddleware:
    """Deny by default: a view under an institution's slug is reached by its members alone.

    Sets `request.membership` and `request.institution` and switches to the institution's time zone. A visitor who is
    not signed in is sent to sign in, whether or not the institution exists; anyone else gets 404.
    """

    def __init__(self, get_response: Callable[[PortalRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: PortalRequest) -> HttpResponse:
        request.membership = request.institution = None
        try:
            return self.get_response(request)
        finally:
            see_every()
            timezone.deactivate()

    def process_view(self, request: PortalRequest, view: Any, args: Any, kwargs: dict[str, Any]) -> HttpResponse | None:
        if "institution" not in kwargs:
            return None
        if not request.user.is_authenticated:
            return sign_in_first(request)
        membership = membership_at(request.user, kwargs["institution"])
        if membership is None:
            raise Http404
        enter(request, membership)
        return None


def enter(request: PortalRequest | SchoolRequest, membership: Membership) -> None:
    """Bind the request to a membership's institution and its time zone, and the database's rows with it."""
    log_add(school=membership.institution.slug)
    see_only(membership.institution_id)
    request.membership = membership
    request.institution = membership.institution
    timezone.activate(membership.institution.zone)


def sign_in_first(request: HttpRequest) -> HttpResponse:
    """Send a visitor to the sign-in page and back afterwards. An HTMX request reloads the page it came from."""
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]
    if htmx:
        return HttpResponseClientRedirect(redirect_to_login(_page_of(htmx), resolve_url("account_login")).url)
    return redirect_to_login(request.get_full_path(), resolve_url("account_login"))


def _page_of(htmx: HtmxDetails) -> str:
    """The page that an HTMX request came from; the first one where its address cannot be read."""
    try:
        return htmx.current_url_abs_path or "/"
    except ValueError:
        return "/"
