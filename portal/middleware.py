"""Middleware before any other: health checks, the client's address, time for services, answers without a body."""

import logging
import re
import time
from collections.abc import Callable
from uuid import uuid4

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, JsonResponse

from accounts.files import KEEP_NOTHING
from accounts.log_context import log_fields, logged_as
from accounts.network import client_address, is_from_proxy
from accounts.tracing import Told, traced
from portal.aws.budget import request_budget
from portal.health import health_answer

ASK_AGAIN = "private, no-cache"
requests_log = logging.getLogger("portal.requests")
_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
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


class LogMiddleware:
    """Gives each request an id, which its log lines and its answer bear: the proxy's, if a trusted one gave it.

    With LOG_REQUESTS a line a request, at its end: its route rather than its address, which may hold a link's secret.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.META.get("HTTP_X_REQUEST_ID", "") if is_from_proxy(request) else ""
        request_id = given if _REQUEST_ID.fullmatch(given) else uuid4().hex
        since = time.perf_counter()
        with logged_as(request_id=request_id), traced("request") as told:
            response = self.get_response(request)
            if settings.TRACES_TO:
                self._tell(told, request, response)
            if settings.LOG_REQUESTS:
                self._note(request, response, time.perf_counter() - since)
        response["X-Request-ID"] = request_id
        return response

    def _tell(self, told: Told, request: HttpRequest, response: HttpResponse) -> None:
        route = _route(request)
        told.name = f"{request.method} {route}"
        told.attributes |= {f"portal.{name}": value for name, value in log_fields().items()}
        told.attributes |= {"http.route": route, "http.response.status_code": response.status_code}

    def _note(self, request: HttpRequest, response: HttpResponse, seconds: float) -> None:
        ms = round(seconds * 1000)
        fields = {"method": request.method, "route": _route(request), "status": response.status_code, "ms": ms}
        requests_log.info("%(method)s %(route)s %(status)s %(ms)s ms", fields, extra=fields)


def _route(request: HttpRequest) -> str:
    return request.resolver_match.route if request.resolver_match else "-"


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


class CacheMiddleware:
    """Tells caches what to do with an answer that does not say so itself: pages and the API show names and marks.

    No shared cache keeps it, and the browser asks again; of the API it keeps nothing.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_api = request.path.startswith("/api/")
        response.headers.setdefault("Cache-Control", KEEP_NOTHING if is_api else ASK_AGAIN)
        return response


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
