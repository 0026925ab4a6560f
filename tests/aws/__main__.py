"""python -m tests.aws [-- command …]: Rekognition, DynamoDB and S3 on this machine until Ctrl-C.

With a command it runs that with the settings for the servers in its environment, and stops them when it ends.
Collections, tables and buckets are kept in a folder from one time to the next.
"""

import argparse
import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

from tests.aws.servers import (
    ROOT,
    LocalRekognition,
    Ministack,
    MinistackMissing,
    PortTaken,
    ServerDidNotStart,
    settings_for,
)

STATE = ROOT / "var" / "aws-local"


def main() -> int:
    options = _options()
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with ExitStack() as running:
            return _serve(options, running)
    except (MinistackMissing, PortTaken, ServerDidNotStart) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stdout.write("\n")
        return 0


def _serve(options: argparse.Namespace, running: ExitStack) -> int:
    """Start both servers, which end with `running`, and run the command or wait."""
    options.state.mkdir(parents=True, exist_ok=True)
    rekognition = LocalRekognition.start(port=options.rekognition_port, state=options.state / "rekognition.json")
    running.enter_context(rekognition)
    ministack = running.enter_context(Ministack.start(port=options.ministack_port, state=options.state))
    if options.quota:
        rekognition.quota("*", options.quota)
    settings = settings_for(rekognition.url, ministack.url)
    return _run(options.command, settings) if options.command else _wait(settings, [rekognition, ministack])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.aws", description=__doc__)
    parser.add_argument("--rekognition-port", type=int, default=4570)
    parser.add_argument("--ministack-port", type=int, default=4566)
    parser.add_argument("--state", type=Path, default=STATE, help="the folder that keeps everything")
    parser.add_argument("--quota", type=float, help="calls a second of each operation, as AWS allows; without it, any")
    parser.add_argument("command", nargs="*", help="what to run with the servers, after --")
    return parser.parse_args()


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _run(command: list[str], settings: dict[str, str]) -> int:
    process = subprocess.Popen(command, env={**os.environ, **settings})
    try:
        return process.wait()
    except KeyboardInterrupt:
        return process.wait()  # Ctrl-C went to the command too, which ends in its own way


def _wait(settings: dict[str, str], servers: list[LocalRekognition | Ministack]) -> int:
    exports = "\n".join(f"export {name}={value}" for name, value in settings.items())
    sys.stdout.write(f"Rekognition, DynamoDB and S3 run on this machine. Stop them with Ctrl-C.\n\n{exports}\n")
    sys.stdout.flush()
    while True:
        for server in servers:
            if server.has_ended(within=0.5):
                sys.stderr.write(f"{type(server).__name__} has ended.\n")
                return 1


if __name__ == "__main__":
    sys.exit(main())
