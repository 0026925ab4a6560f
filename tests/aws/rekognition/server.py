"""HTTP round the operations: what arrives on the wire, and what leaves."""

import json
import logging
import re
import threading
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

from botocore.model import OperationModel

from tests.aws.rekognition.operations import Call, Operation, load
from tests.aws.rekognition.orders import DROP_ANSWER, DROP_REQUEST, Orders, UnknownOrder
from tests.aws.rekognition.pictures import Pictures
from tests.aws.rekognition.store import Store
from tests.aws.rekognition.wire import (
    Document,
    ModelDrift,
    ServiceError,
    check_answer,
    check_error,
    checked_request,
    operation_of,
)

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/x-amz-json-1.1"
MOST_BYTES = 30_000_000
PICTURES = ("Image", "SourceImage", "TargetImage")
# Not an error of Amazon's, and not one that botocore tries again.
DRIFT = "LocalServerDrift"
_SIGNATURE = re.compile(r"AWS4-HMAC-SHA256 Credential=[^/]+/\d{8}/([a-z0-9-]+)/rekognition/aws4_request\b")


class ConnectionDropped(Exception):
    """The connection is to be closed without an answer."""


class Service:
    """The service without its HTTP. operations: what answers each operation, by name."""

    def __init__(self, *, state: Path | None = None, operations: Mapping[str, Operation] | None = None) -> None:
        self.store = Store(state)
        self.orders = Orders()
        self.pictures = Pictures()
        self.operations = load() if operations is None else operations
        self._lock = threading.RLock()

    def answer(self, target: str, authorization: str, body: bytes) -> tuple[int, Document]:
        """HTTP status and JSON of the answer to a request. Raises ConnectionDropped."""
        try:
            model = operation_of(target)
        except ServiceError as error:
            return 400, error_document(error)
        try:
            return 200, self._answer(model, _region(authorization), body)
        except ServiceError as error:
            return check_error(model, error), error_document(error)

    def _answer(self, model: OperationModel, region: str, body: bytes) -> Document:
        ordered = self.orders.arrived(model.name)
        time.sleep(self.orders.delay(model.name))
        if ordered == DROP_REQUEST:
            raise ConnectionDropped
        if ordered and ordered != DROP_ANSWER:
            raise ServiceError(ordered, "Rate exceeded" if ordered == "ThrottlingException" else "As ordered.")
        answer = self._done(model, region, checked_request(model, _json(body)))
        if ordered == DROP_ANSWER:
            raise ConnectionDropped
        return answer

    def _done(self, model: OperationModel, region: str, request: Document) -> Document:
        """The operation's checked answer. Pictures are looked at before the lock is taken: that takes time."""
        if model.name not in self.operations:
            raise ModelDrift(f"This local server has no {model.name} yet.")
        pictures = {name: self.pictures.seen(request[name]) for name in PICTURES if name in request}
        with self._lock:
            replayed = self.store.replayed(model.name, request)
            if replayed is not None:
                return replayed
            answer = self.operations[model.name](Call(self.store, request, region, pictures))
            check_answer(model, answer)
            self.store.keep_answer(model.name, request, answer)
            if not model.name.startswith(("Search", "List", "Describe", "Detect", "Compare")):
                self.store.save()
            return answer

    def ordered(self, orders: Mapping[str, Any]) -> None:
        """Do what a body of `/__control` says. Raises UnknownOrder."""
        known: dict[str, Callable[[Any], None]] = {
            "reset": lambda _: self._reset(),
            "forget_calls": lambda _: self.orders.forget_calls(),
            "quotas": self.orders.quotas,
            "faults": self.orders.faults,
            "slow": self.orders.slow,
            "lag": self._lag,
            "liveness": self._liveness,
        }
        for name, value in orders.items():
            if name not in known:
                raise UnknownOrder(f"There is no order {name}; there are {', '.join(known)}.")
            known[name](value)

    def _reset(self) -> None:
        self.orders.reset()
        with self._lock:
            self.store.reset()

    def _liveness(self, result: Document) -> None:
        with self._lock:
            for session in self.store.liveness.values():
                session.result = session.result or result

    def _lag(self, seconds: float) -> None:
        with self._lock:
            self.store.lag = float(seconds)


def error_document(error: ServiceError) -> Document:
    return {"__type": error.code, "Code": error.code, "Message": error.message}


def _region(authorization: str) -> str:
    """The Region that a request is signed for. The signature itself is not verified. Raises ServiceError."""
    if not authorization:
        raise ServiceError("MissingAuthenticationTokenException", "Missing Authentication Token")
    signature = _SIGNATURE.match(authorization)
    if not signature:
        raise ServiceError("InvalidSignatureException", "The request is not signed for this service.")
    return signature.group(1)


def _json(body: bytes) -> Any:
    try:
        return json.loads(body or b"{}")
    except ValueError as error:
        raise ServiceError("SerializationException", "The body is not JSON.") from error


class Handler(BaseHTTPRequestHandler):
    """One connection. Buffered and without Nagle's delay: 23 calls a second otherwise."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    service: Service  # of the subclass that `serve` makes

    def do_GET(self) -> None:
        if self.path == "/__calls":
            self._reply(200, self.service.orders.counts())
        else:
            self._reply(404, {"Message": "There are /__calls, /__control and the service itself."})

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        if length > MOST_BYTES:
            self.close_connection = True
            self._reply(413, {"__type": "RequestEntityTooLarge", "Message": "The body is too large."})
            return
        body = self.rfile.read(length)
        if self.path == "/__control":
            self._control(body)
        else:
            self._call(body)

    def _call(self, body: bytes) -> None:
        try:
            answer = self.service.answer(
                self.headers.get("X-Amz-Target", ""), self.headers.get("Authorization", ""), body
            )
        except ConnectionDropped:
            self.close_connection = True
            return
        except ModelDrift as drift:
            logger.error("%s", drift)
            answer = 400, {"__type": DRIFT, "Message": str(drift)}
        except Exception as error:
            logger.exception("A fault of this server")
            answer = 400, {"__type": DRIFT, "Message": repr(error)}
        self._reply(*answer)

    def _control(self, body: bytes) -> None:
        try:
            self.service.ordered(json.loads(body))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            self._reply(400, {"Message": str(error)})
        else:
            self._reply(200, {})

    def _reply(self, status: int, document: Mapping[str, Any]) -> None:
        content = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", CONTENT_TYPE)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("x-amzn-RequestId", str(uuid4()))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: a line for each of thousands of calls helps nobody."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that closed its connection while it waited is not worth a traceback."""
        logger.debug("A connection broke", exc_info=True)


def server_for(service: Service, port: int, host: str = "127.0.0.1") -> Server:
    """An HTTP server of a service, listening; `serve_forever()` lets it answer. port: 0 for a free one."""
    return Server((host, port), type("ServiceHandler", (Handler,), {"service": service}))
