"""boto3 clients: one a service, process and patience, made lazily. Clients are thread-safe, making them is not, and a
client made before a fork must not be used after it."""

import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from django.conf import settings

from portal.aws.addresses import s3_config
from portal.aws.budget import current_budget
from portal.aws.errors import VENDOR_ERRORS, NotAsked, failure_of
from portal.aws.measuring import measured
from portal.circuit import Circuit

CONNECT_TIMEOUT = 2.0
# Seconds until an answer must have begun. boto3's own 60 would hold a teacher's request for a minute.
READ_TIMEOUT = {"rekognition": 5.0, "dynamodb": 2.0, "s3": 10.0}
# AWS advises against adaptive retries where many tenants share a client; the pace is kept by `portal.aws.pace`.
RETRIES: dict[str, Any] = {"mode": "standard", "total_max_attempts": 4}
# While somebody waits for the page: what is left of the request's budget bounds a call.
HASTY_CONNECT_TIMEOUT = 1.0
HASTY_READ_TIMEOUT = {"rekognition": 5.0, "dynamodb": 1.5, "s3": 3.0}
_RETRY_PAUSE = 1.0  # seconds: the longest that botocore waits before the first retry
UNANSWERED = 2  # calls in a row, each with its retries, after which a service is not asked
PAUSE = 5.0  # seconds until it is tried again

_clients: dict[tuple[int, str, str, str], Any] = {}
_threads: dict[tuple[int, str], ThreadPoolExecutor] = {}
_circuits: dict[tuple[int, str, str], Circuit] = {}
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Patience:
    """Time-outs in seconds and the number of attempts of a client's calls."""

    name: str
    connect: float
    read: float
    retries: dict[str, Any]

    @property
    def longest(self) -> float:
        """Seconds that a call takes at most, unless its answer comes in slow drops."""
        attempts: int = self.retries["total_max_attempts"]
        return attempts * (self.connect + self.read) + (attempts - 1) * _RETRY_PAUSE


def client(service: str, region: str = "") -> Any:
    """This process's client of `service` ("rekognition", "dynamodb", "s3"), in AWS_REGION or a stated Region.

    Another endpoint is set by AWS_ENDPOINT_URL_<SERVICE>, which boto3 reads itself. The pool has as many connections
    as AWS_THREADS: with fewer, connections would be made and dropped with every call. It is patient: within a request,
    calls go through `asking` or `bounded`.
    """
    return _client(service, region, Patience("patient", CONNECT_TIMEOUT, READ_TIMEOUT[service], RETRIES))


@contextmanager
def asking(service: str, region: str = "") -> Iterator[Any]:
    """Context of one call: the client for it. Raises NotAsked while the service does not answer, or as `bounded` does.

    Two calls in a row without an answer open this process's circuit, and every few seconds one call tries. Refusals,
    errors of the service and throttling are answers: they come quickly.
    """
    circuit = _circuit(service, region)
    with bounded(service, region) as bound:
        if not circuit.may_ask():
            raise NotAsked(service=service, reason="it did not answer")
        try:
            yield bound
        except VENDOR_ERRORS as error:
            if failure_of(error).code == "unreachable":
                circuit.failed()
            else:
                circuit.answered()
            raise
        circuit.answered()


@contextmanager
def bounded(service: str, region: str = "") -> Iterator[Any]:
    """Context of one call: a client whose time-outs and retries fit into what is left of the request's budget.

    Raises NotAsked if nothing is. Outside a request it is the patient client.
    """
    budget = current_budget()
    if budget is None:
        yield client(service, region)
        return
    left = budget.left(service)
    patience = next((each for each in _hasty(service) if each.longest <= left), None)
    if patience is None:
        raise NotAsked(service=service, reason="this request has no time left for it")
    with budget.spending(service):
        yield _client(service, region, patience)


def _hasty(service: str) -> Iterator[Patience]:
    """The patience of a request, the longest first: one retry, then none and ever shorter time-outs."""
    connect, read = HASTY_CONNECT_TIMEOUT, HASTY_READ_TIMEOUT[service]
    yield Patience("hasty", connect, read, {**RETRIES, "total_max_attempts": min(2, RETRIES["total_max_attempts"])})
    for part in (1, 2, 4):
        yield Patience(f"hasty/{part}", connect / part, read / part, {**RETRIES, "total_max_attempts": 1})


def threads(service: str) -> ThreadPoolExecutor:
    """This process's threads for calls of `service`, as many as its client has connections. They end with a fork."""
    key = (os.getpid(), service)
    with _lock:
        if key not in _threads:
            _threads[key] = ThreadPoolExecutor(settings.AWS_THREADS, thread_name_prefix=service)
        return _threads[key]


def forget_clients() -> None:
    """Drop all clients, so that new ones are made: after a change of settings or credentials. Circuits close."""
    with _lock:
        _clients.clear()
        _circuits.clear()


def _client(service: str, region: str, patience: Patience) -> Any:
    region = region or settings.AWS_REGION
    key = (os.getpid(), service, region, patience.name)
    with _lock:
        if key not in _clients:
            where = {"region_name": region} if region else {}
            made = boto3.session.Session().client(service, config=_config(service, patience), **where)
            _clients[key] = measured(made)
        return _clients[key]


def _circuit(service: str, region: str) -> Circuit:
    key = (os.getpid(), service, region or settings.AWS_REGION)
    with _lock:
        if key not in _circuits:
            _circuits[key] = Circuit(failures=UNANSWERED, pause=PAUSE)
        return _circuits[key]


def _config(service: str, patience: Patience) -> Any:
    common = {
        "connect_timeout": patience.connect,
        "read_timeout": patience.read,
        "retries": patience.retries,
        "max_pool_connections": settings.AWS_THREADS,
    }
    return s3_config(addressing=settings.AWS_S3_ADDRESSING, **common) if service == "s3" else Config(**common)


def region_of(service: str) -> str:
    """The Region that a service's calls go to now."""
    return settings.AWS_REGION or str(client(service).meta.region_name)
