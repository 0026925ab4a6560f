"""python -m tests.aws.rekognition --port 4570 [--state FILE]: the local Rekognition until it is stopped."""

import argparse
import logging
import os
import signal
import sys
import threading
import time
from pathlib import Path
from types import FrameType

from tests import face_runs
from tests.aws.rekognition.pictures import warm_up
from tests.aws.rekognition.server import Service, server_for


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.aws.rekognition", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--state", type=Path, help="a file that keeps collections between runs")
    parser.add_argument("--with-parent", type=int, metavar="PID", help="stop when this parent process is gone")
    options = parser.parse_args()
    logging.basicConfig(format="%(levelname)s %(message)s", level=logging.INFO)
    signal.signal(signal.SIGTERM, _stop)
    if options.with_parent:
        threading.Thread(target=_watch, args=[options.with_parent], daemon=True).start()
    face_runs.keep_runs()  # within a test run; otherwise each is computed
    warm_up()
    server = server_for(Service(state=options.state), options.port)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()


def _watch(parent: int) -> None:
    """End with a parent that was killed and could not stop us."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(0)


def _stop(number: int, frame: FrameType | None) -> None:
    sys.exit(0)


if __name__ == "__main__":
    main()
