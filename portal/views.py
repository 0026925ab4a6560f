"""Views that belong to no app: the health check, and the files that a browser keeps for use without a connection."""

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET


@require_GET
def health(request: HttpRequest) -> JsonResponse:
    """Health check: 200 while the database answers, for load balancers and monitors. Reveals nothing else."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})


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
    """Web app manifest: the portal's name and icon on a phone's home screen."""
    icon = {"src": static("portal/icon.svg"), "sizes": "any", "type": "image/svg+xml"}
    words = {"name": _("Attendance"), "short_name": _("Attendance"), "start_url": reverse("home"), "scope": "/"}
    return JsonResponse({**words, "display": "standalone", "icons": [icon]}, content_type="application/manifest+json")
