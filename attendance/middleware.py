"""One clear sentence while the store of marks or of face ids is unavailable, whichever page or button met it."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django_htmx.middleware import HtmxDetails

from accounts.outages import RETRY_AFTER
from attendance.register.toasts import Toast
from attendance.repositories.base import StoreUnavailable
from enrollment.repositories.base import FaceIdsUnavailable


class StoreUnavailableMiddleware:
    """Answers for views that cannot go on: a page with the sentence (503); for HTMX a toast over the page as it is.

    The API has an answer of its own (`attendance.api.refusals`), and so has the webcam.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, (StoreUnavailable, FaceIdsUnavailable)):
            return None
        htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]
        if htmx:
            # Not an error's status: HTMX would drop the body. What is on the page stays as it was.
            answer = render(request, "attendance/parts/_toast_only.html", {"toast": Toast(str(error), is_error=True)})
            answer["HX-Reswap"] = "none"
            return answer
        context = {"sentence": str(error), "again": request.get_full_path() if request.method == "GET" else ""}
        answer = render(request, "503.html", context, status=503)
        answer["Retry-After"] = str(RETRY_AFTER)
        return answer
