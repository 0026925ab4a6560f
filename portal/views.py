"""Views that belong to no app: the health check, the portal's state, and the files that a browser keeps."""

import sys
from collections.abc import Callable

from django.contrib.auth.views import redirect_to_login
from django.contrib.sessions.exceptions import SessionInterrupted
from django.core.exceptions import SuspiciousOperation
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language, get_language_bidi
from django.utils.translation import gettext as _
from django.views import defaults
from django.views.decorators.http import require_GET, require_safe

from accounts.access import for_operators
from accounts.outages import RETRY_AFTER, is_outage
from portal.state import read_state

ErrorPage = Callable[[HttpRequest, Exception], HttpResponse]
PAPER, ACCENT = "#fbfaf8", "#0f5f63"  # as in site.css


@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """Health check: 200 while the database answers, for load balancers and monitors. Reveals nothing else."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})


@require_GET
@for_operators
def state(request: HttpRequest) -> HttpResponse:
    """The portal's state, for its operator: what waits and how long, and what does not work."""
    return render(request, "portal/state.html", {"state": read_state()})


@require_GET
def service_worker(request: HttpRequest) -> HttpResponse:
    """The service worker, at the root so that it may answer for every page. Browsers revalidate it each time."""
    response = HttpResponse(render_to_string("portal/sw.js"), content_type="text/javascript")
    response["Cache-Control"] = "no-cache"
    return response


@require_GET
def offline(request: HttpRequest) -> HttpResponse:
    """Page shown by a browser instead of one that it cannot reach. The same for every visitor, since it is kept."""
    return HttpResponse(render_to_string("portal/offline.html"))


@require_GET
def manifest(request: HttpRequest) -> JsonResponse:
    """Web app manifest: name and icons on a phone's home screen, the start page, and where shared photos go."""
    name, rtl = _("Attendance"), get_language_bidi()
    about = {
        "id": "/",
        "name": name,
        "short_name": name,
        "description": _("Registers taken by photo: who is here, who is late, who is missing."),
        "lang": get_language(),
        "dir": "rtl" if rtl else "ltr",
        "start_url": reverse("home"),
        "scope": "/",
        "display": "standalone",
        "background_color": PAPER,
        "theme_color": ACCENT,
        "icons": _icons(),
        "share_target": {
            "action": reverse("share"),
            "method": "POST",
            "enctype": "multipart/form-data",
            "params": {"files": [{"name": "photos", "accept": ["image/*"]}]},
        },
    }
    return JsonResponse(about, content_type="application/manifest+json")


def _icons() -> list[dict[str, str]]:
    """The portal's sign in each size that phones take, and with a wide margin for those that cut it to a shape."""
    sizes = [("icon-192.png", "192x192", "any"), ("icon-512.png", "512x512", "any")]
    cut = ("icon-maskable-512.png", "512x512", "maskable")
    drawn = {"src": static("portal/icon.svg"), "sizes": "any", "type": "image/svg+xml"}
    return [drawn] + [
        {"src": static(f"portal/{name}"), "sizes": size, "type": "image/png", "purpose": purpose}
        for name, size, purpose in [*sizes, cut]
    ]


# -- Errors ------------------------------------------------------------------------------------------------------------


def server_error(request: HttpRequest) -> HttpResponse:
    """The answer to an error that nothing else answered: 503 while database or disk are unavailable, else 500."""
    if is_outage(sys.exc_info()[1]):
        return _unavailable(request)
    if _is_for_api(request):
        return JsonResponse({"code": "server_error", "detail": _("That did not work. Try again later.")}, status=500)
    return defaults.server_error(request)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The answer to a request that cannot be read.

    Django counts among these a session that could not be saved: because the database is unavailable (503), or because
    it ended meanwhile, in another tab for one, and then the visitor signs in.
    """
    if is_outage(exception):
        return _unavailable(request)
    if _is_for_api(request):
        return JsonResponse({"code": "bad_request", "detail": _("The request cannot be read.")}, status=400)
    if isinstance(exception, SessionInterrupted):
        return redirect_to_login(request.get_full_path() if request.method == "GET" else "/")
    return defaults.bad_request(request, exception)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's own page, 400 if the request's body cannot be read."""
    return _page_or_bad_request(defaults.page_not_found, request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's own page, 400 if the request's body cannot be read."""
    return _page_or_bad_request(defaults.permission_denied, request, exception)


def _page_or_bad_request(page: ErrorPage, request: HttpRequest, exception: Exception) -> HttpResponse:
    """The page of an error. Its CSRF token is looked for in the body, which no view has read yet."""
    try:
        return page(request, exception)
    except (MultiPartParserError, SuspiciousOperation) as error:
        request._mark_post_parse_error()  # type: ignore[attr-defined]  # as Django does: it would be read again
        return bad_request(request, error)


def _is_for_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def _unavailable(request: HttpRequest) -> HttpResponse:
    """503 that asks the database for nothing: no session, no school, no person."""
    sentence = _("The portal cannot reach its database now. Nothing that was saved is lost. Try again in a moment.")
    if _is_for_api(request):
        response: HttpResponse = JsonResponse({"code": "unavailable", "detail": sentence}, status=503)
    else:
        response = HttpResponse(render_to_string("portal/unavailable.html", {"sentence": sentence}), status=503)
    response["Retry-After"] = str(RETRY_AFTER)
    return response
