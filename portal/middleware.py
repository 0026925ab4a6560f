"""Middleware before any other: health checks, the client's address, time for services, answers without a body."""

from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, JsonResponse

from accounts.network import client_address, is_from_proxy
from portal.aws.budget import request_budget
from portal.health import health_answer

GetResponse = Callable[[HttpRequest], HttpResponse]
_FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PORT")


class HealthMiddleware:
    """Answers `/health/live` and `/health/ready` for balancers, which ask by IP address and plain HTTP.

    Before the host is checked and HTTPS is insisted on; without a session, and for `live` without the database. While
    every thread is busy it waits for one, as any page does: see `portal.health_server`.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return self.get_response(request)
        if answer := health_answer(request.path):
            return JsonResponse(answer[1], status=answer[0])
        return self.get_response(request)


class ProxyMiddleware:
    """Puts the client's address and scheme in place of a trusted proxy's, and removes what may be forged.

    Whatever looks at the address afterwards, of ours or of a library, finds the same one.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if is_from_proxy(request):
            request.META["REMOTE_ADDR"] = str(client_address(request) or "")
            if scheme := _scheme(request):
                request.environ["wsgi.url_scheme"] = scheme  # type: ignore[attr-defined]
        for name in _FORWARDED:
            request.META.pop(name, None)
        return self.get_response(request)


class BudgetMiddleware:
    """Gives each request a budget of time for every AWS service: a service that hangs holds no thread for long."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with request_budget():
            return self.get_response(request)


class NulMiddleware:
    """Refuses NUL in an address or its query with 400: PostgreSQL takes none, and no form checks these. Forms do."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\x00" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            raise BadRequest("NUL in the address")
        return self.get_response(request)


def _scheme(request: HttpRequest) -> str:
    """The scheme that the proxy was asked by: of several proxies, the one nearest to us says it last."""
    scheme = request.META.get("HTTP_X_FORWARDED_PROTO", "").rpartition(",")[2].strip().lower()
    return scheme if scheme in ("http", "https") else ""


class HeadMiddleware:
    """Removes the body of an answer to HEAD: web servers that send it break the next request of the connection."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method != "HEAD":
            return response
        if response.streaming:
            response.streaming_content = []  # type: ignore[attr-defined]
            return response
        length = len(response.content)
        response.content = b""
        response.headers.setdefault("Content-Length", str(length))
        return response
