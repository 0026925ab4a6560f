"""Starts and stops the local AWS servers as processes of their own, on free ports of this machine alone.

Usable without pytest: `with LocalRekognition.start() as server: ...`.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
START_SECONDS = 60  # on a busy machine; usually it is one
STOP_SECONDS = 10
# The only credentials that ministack takes: it refuses unsigned requests and expired addresses, as S3 does.
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}
MINISTACK = ROOT / ".venv-aws" / "bin" / "ministack"


class ServerDidNotStart(RuntimeError):
    """The process ended or kept silent. The message holds the end of what it wrote."""


class MinistackMissing(RuntimeError):
    """ministack is not installed on this machine."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"ministack is not installed ({path} is missing). Run: make aws-local-setup")


class PortTaken(RuntimeError):
    """Something else answers at the port."""

    def __init__(self, port: int) -> None:
        super().__init__(f"Port {port} of this machine is taken. Stop what runs there, or choose another port.")


class LocalServer:
    """A running server. url: where it answers, such as `http://127.0.0.1:4570`."""

    ready_path = "/"

    def __init__(self, url: str, process: subprocess.Popen[bytes], folder: tempfile.TemporaryDirectory[str]) -> None:
        self.url = url
        self.process = process
        self._folder = folder

    @classmethod
    def _launch(cls, command: list[str], port: int, environment: dict[str, str]) -> Self:
        """Run `command`, which is to serve `port`, until it answers. Raises PortTaken, ServerDidNotStart."""
        if not is_free(port):
            raise PortTaken(port)
        folder = tempfile.TemporaryDirectory(prefix="aws-local-")
        log = Path(folder.name) / "log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                # Temporary files of its own: ministack keeps a file with its process id there.
                env={**os.environ, **environment, "TMPDIR": folder.name},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is ours to handle
            )
        server = cls(f"http://{HOST}:{port}", process, folder)
        try:
            server._wait(log)
        except BaseException:
            server.stop()
            raise
        return server

    def _wait(self, log: Path) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                get(self.url + self.ready_path, timeout=2)
            except OSError:
                time.sleep(0.05)
            else:
                return
        said = log.read_text("utf-8", errors="replace")[-2000:]
        raise ServerDidNotStart(f"{type(self).__name__} did not start at {self.url}:\n{said}")

    def has_ended(self, *, within: float) -> bool:
        """True if the process ends by itself in so many seconds."""
        try:
            self.process.wait(within)
        except subprocess.TimeoutExpired:
            return False
        return True

    def stop(self) -> None:
        """End the process, by force if it does not end itself. May be called again."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._folder.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()


class LocalRekognition(LocalServer):
    """The Rekognition of `tests.aws.rekognition`, and what it can be told."""

    ready_path = "/__calls"

    @classmethod
    def start(cls, *, port: int | None = None, state: Path | None = None) -> Self:
        """port: None for a free one. state: a file that keeps collections between runs.

        Raises PortTaken, ServerDidNotStart.
        """
        port = port or free_port()
        command = [
            sys.executable,
            "-m",
            "tests.aws.rekognition",
            "--port",
            str(port),
            "--with-parent",
            str(os.getpid()),
        ]
        if state:
            command += ["--state", str(state)]
        return cls._launch(command, port, {})

    def calls(self) -> dict[str, int]:
        """Number of calls of each operation since the last reset, whatever the answer."""
        return self._counts("calls")

    def throttled(self) -> dict[str, int]:
        """Number of them that met the quota."""
        return self._counts("throttled")

    def reset(self) -> None:
        """Forget collections, counts, quotas, faults and delays."""
        self.control(reset=True)

    def forget_calls(self) -> None:
        """Count from nought, keep everything else."""
        self.control(forget_calls=True)

    def fault(self, operation: str, code: str, times: int = 1) -> None:
        """Answer the next calls of an operation ("*": of any) with an error.

        code: one that the operation can raise, or `DropRequest` (the connection closes before anything is done) or
        `DropAnswer` (it is done, and the answer is lost).
        """
        self.control(faults=[{"operation": operation, "code": code, "times": times}])

    def quota(self, operation: str, per_second: float | None) -> None:
        """Allow so many calls a second of an operation ("*": of each), as AWS does; None lifts it."""
        self.control(quotas={operation: per_second})

    def slow(self, operation: str, seconds: float) -> None:
        """Let each answer of an operation ("*": of any) take so much longer."""
        self.control(slow={operation: seconds})

    def lag(self, seconds: float) -> None:
        """Let indexed faces be found, and users be ACTIVE, so much later: AWS promises nothing about when they are."""
        self.control(lag=seconds)

    def liveness(self, **result: Any) -> None:
        """Set the result of the waiting Face Liveness sessions: `status`, `confidence`, `picture` (base64), `box`."""
        self.control(liveness=result)

    def control(self, **orders: Any) -> None:
        """Send orders to `/__control`. Raises urllib's HTTPError for one that the server does not know."""
        post(self.url + "/__control", orders)

    def _counts(self, kind: str) -> dict[str, int]:
        counts: dict[str, int] = json.loads(get(self.url + "/__calls"))[kind]
        return counts


class Ministack(LocalServer):
    """DynamoDB and S3 on this machine."""

    ready_path = "/_ministack/ready"

    @classmethod
    def start(cls, *, port: int | None = None, state: Path | None = None) -> Self:
        """port: None for a free one. state: a folder that keeps tables and buckets after a stop (not after a kill).

        Raises MinistackMissing, PortTaken, ServerDidNotStart.
        """
        port = port or free_port()
        environment = {
            "GATEWAY_PORT": str(port),
            "BIND_HOST": HOST,
            "SERVICES": "dynamodb,s3",
            "AUTH": "true",
            **CREDENTIALS,
            "LOG_LEVEL": "WARNING",
            "PERSIST_STATE": "1" if state else "0",
            "S3_PERSIST": "1" if state else "0",
        }
        if state:
            environment |= {"STATE_DIR": str(state / "state"), "S3_DATA_DIR": str(state / "s3")}
        return cls._launch([str(ministack_command())], port, environment)

    def reset(self) -> None:
        """Forget every table and bucket."""
        post(self.url + "/_ministack/reset", {})


def ministack_command() -> Path:
    """The installed program: of `make aws-local-setup`, or what MINISTACK names. Raises MinistackMissing."""
    path = Path(os.environ.get("MINISTACK", MINISTACK))
    if not path.exists():
        raise MinistackMissing(path)
    return path


def free_port() -> int:
    """A port of this machine on which nothing listens just now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def is_free(port: int) -> bool:
    """True if a server could listen at this port of this machine."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


# Only URLs of our own servers are opened below, whatever S310 fears of other schemes.


def get(url: str, timeout: float = 10) -> bytes:
    """The body of a local server's answer. Raises OSError."""
    with urllib.request.urlopen(url, timeout=timeout) as answer:  # noqa: S310
        body: bytes = answer.read()
        return body


def post(url: str, document: dict[str, Any]) -> None:
    """Send JSON to a local server. Raises OSError; HTTPError, with what it said, where it refuses."""
    body = json.dumps(document).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=10):  # noqa: S310
        pass


def settings_for(rekognition: str, ministack: str) -> dict[str, str]:
    """Environment in which boto3 and the portal talk to the servers at these URLs."""
    return {
        "AWS_ENDPOINT_URL_REKOGNITION": rekognition,
        "AWS_ENDPOINT_URL_DYNAMODB": ministack,
        "AWS_ENDPOINT_URL_S3": ministack,
        "AWS_S3_ADDRESSING": "path",
        "AWS_REGION": "eu-west-1",
        **CREDENTIALS,
    }
