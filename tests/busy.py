"""The portal's own WSGI application with one address more, `/hold/`, which keeps its thread until a file exists."""

import os
import time
from pathlib import Path

from portal.wsgi import application as portal


def application(environ, start_response):
    if environ["PATH_INFO"] != "/hold/":
        return portal(environ, start_response)
    until = Path(os.environ["HOLD_UNTIL"])
    until.with_suffix(".held").touch()
    while not until.exists():
        time.sleep(0.02)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"released"]
