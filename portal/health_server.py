"""Health and figures on an address of its own: balancers are answered while every thread of the web server is busy.

Its threads serve nothing else. In a process that is busy with faces or waits for its database `/health/live` on the web
server's own port waits for a thread, and a balancer that gives up takes a living server for a dead one.
"""

import json
import logging
import socket
import threading
from collections.abc import Callable, Iterable
from typing import Any

import waitress
from django.db import DatabaseError

from portal.health import health_answer
from portal.metrics import CONTENT_TYPE, metrics_text

logger = logging.getLogger(__name__)
THREADS = 8  # a probe takes one for two seconds at most, while the database hangs
_servers: list[Any] = []
REASONS = {200: "200 OK", 404: "404 Not Found", 405: "405 Method Not Allowed", 503: "503 Service Unavailable"}


def health_serve(listen: str) -> bool:
    """Answer `/health/live`, `/health/ready` and `/metrics` at `listen`, as host:port, in threads of this process.

    Processes of the portal may share the address: of two that relieve each other either answers. False, with an error
    in the log, where another program listens there. Raises ValueError for an address that cannot be read.
    """
    try:
        server = waitress.create_server(application, sockets=[_shared(listen)], threads=THREADS, ident="")
    except OSError as error:
        logger.error("Health cannot be served at %s: %s", listen, error)
        return False
    _servers.append(server)
    threading.Thread(target=server.run, name="health-server", daemon=True).start()
    return True


def health_withdraw() -> None:
    """Be found by balancers no longer: the process finishes what it has begun and is to get nothing new.

    A process that relieves it at the same address goes on answering.
    """
    while _servers:
        _servers.pop().close()


def _shared(listen: str) -> socket.socket:
    host, _, port = listen.rpartition(":")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    can_be_shared = hasattr(socket, "SO_REUSEPORT")
    return socket.create_server((host.strip("[]"), int(port)), family=family, reuse_port=can_be_shared)


def application(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
    """The WSGI application of the health server."""
    code, kind, body = _answer(environ["REQUEST_METHOD"], environ["PATH_INFO"])
    start_response(REASONS[code], [("Content-Type", kind), ("Content-Length", str(len(body)))])
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


def _answer(method: str, path: str) -> tuple[int, str, bytes]:
    """Status code, content type and body."""
    if method in ("GET", "HEAD") and path == "/metrics":
        return _figures()
    code, told = _health(method, path)
    return code, "application/json", json.dumps(told).encode()


def _health(method: str, path: str) -> tuple[int, dict[str, object]]:
    if method not in ("GET", "HEAD"):
        return 405, {"status": "method_not_allowed"}
    return health_answer(path) or (404, {"status": "not_found"})


def _figures() -> tuple[int, str, bytes]:
    try:
        return 200, CONTENT_TYPE, metrics_text()
    except DatabaseError as error:
        logger.warning("Figures cannot be read: %s", error)
        return 503, "text/plain", b"The database does not answer.\n"
