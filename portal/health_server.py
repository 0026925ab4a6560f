"""Health on an address of its own, so that balancers are answered while every thread of the web server is busy.

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

from portal.health import health_answer

logger = logging.getLogger(__name__)
THREADS = 8  # a probe takes one for two seconds at most, while the database hangs
_servers: list[Any] = []
REASONS = {200: "200 OK", 404: "404 Not Found", 405: "405 Method Not Allowed", 503: "503 Service Unavailable"}


def health_serve(listen: str) -> bool:
    """Answer `/health/live` and `/health/ready` at `listen`, as host:port, in threads of this process.

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
    code, told = _answer(environ["REQUEST_METHOD"], environ["PATH_INFO"])
    body = json.dumps(told).encode()
    start_response(REASONS[code], [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


def _answer(method: str, path: str) -> tuple[int, dict[str, object]]:
    if method not in ("GET", "HEAD"):
        return 405, {"status": "method_not_allowed"}
    return health_answer(path) or (404, {"status": "not_found"})
