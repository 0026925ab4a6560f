"""How a web process runs under gunicorn: one process that holds the face networks, with threads for its requests.

`kill -HUP` starts a process with the code of now and lets the old one finish what it has begun: the address is theirs
in common meanwhile, so no request is lost. SIGTERM finishes what is under way and ends.
"""

import signal
from types import FrameType
from typing import Any

wsgi_app = "portal.wsgi:application"
worker_class = "gthread"
workers = 1  # a second one would hold the face networks twice: start another server instead
threads = 32  # of which photos that wait for their turn hold some: pages have the others
timeout = 120  # seconds without a sign of life, not of one request: uploads may take longer
graceful_timeout = 60  # seconds for what is under way when it is to end
keepalive = 75  # seconds: longer than nginx keeps an unused connection, so that it never finds it shut
forwarded_allow_ips = ""  # who is believed is the portal's own matter: TRUSTED_PROXIES
control_socket_disable = True  # nobody talks to a running server but by signals


def post_worker_init(worker: Any) -> None:
    """Balancers find the process no longer as soon as it is asked to end; then it ends as gunicorn does."""
    from portal.health_server import health_withdraw

    ended = signal.getsignal(signal.SIGTERM)

    def end(number: int, frame: FrameType | None) -> None:
        health_withdraw()
        if callable(ended):
            ended(number, frame)

    signal.signal(signal.SIGTERM, end)
