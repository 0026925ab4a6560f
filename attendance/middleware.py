"""One clear sentence for what a service refuses or a store cannot do now, whichever page or button met it."""

import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django_htmx.middleware import HtmxDetails

from accounts.errors import AccountError
from accounts.outages import RETRY_AFTER
from attendance.errors import AttendanceError
from attendance.register.toasts import Toast
from attendance.repositories.base import StoreUnavailable
from enrollment.errors import EnrollmentError
from enrollment.repositories.base import FaceIdsUnavailable

logger = logging.getLogger(__name__)


class _SentenceMiddleware:
    """Answers for views that cannot go on: a page with the sentence; for HTMX a toast over the page as it is.

    The API has an answer of its own (`attendance.api.refusals`), and so has the webcam.
    """

    errors: tuple[type[Exception], ...]

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, self.errors):
            return None
        htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]
        return _toast(request, error) if htmx else self.page(request, error)

    def page(self, request: HttpRequest, error: Exception) -> HttpResponse:
        """The page that says it."""
        raise NotImplementedError


class StoreUnavailableMiddleware(_SentenceMiddleware):
    """503 while the store of marks or of face ids is unavailable. Every 503 says when to try again."""

    errors = (StoreUnavailable, FaceIdsUnavailable)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = super().__call__(request)
        if answer.status_code == 503:  # of any view: the API's, the webcam's, a picture's
            answer.headers.setdefault("Retry-After", str(RETRY_AFTER))
        return answer

    def page(self, request: HttpRequest, error: Exception) -> HttpResponse:
        context = {"sentence": str(error), "again": request.get_full_path() if request.method == "GET" else ""}
        return render(request, "503.html", context, status=503)


class RefusalMiddleware(_SentenceMiddleware):
    """409 for what a service refuses and no view foresaw: mostly that somebody else was faster by a moment."""

    errors = (AccountError, AttendanceError, EnrollmentError)

    def page(self, request: HttpRequest, error: Exception) -> HttpResponse:
        logger.warning("No view answers for %s at %s", type(error).__name__, request.path)
        return render(request, "409.html", {"sentence": str(error)}, status=409)


def _toast(request: HttpRequest, error: Exception) -> HttpResponse:
    # Not an error's status: HTMX would drop the body. What is on the page stays as it was.
    answer = render(request, "attendance/parts/_toast_only.html", {"toast": Toast(str(error), is_error=True)})
    answer["HX-Reswap"] = "none"
    return answer
