"""boto3 clients: one a service and process, made lazily. Clients are thread-safe, making them is not, and a client
made before a fork must not be used after it."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
from botocore.config import Config
from django.conf import settings

CONNECT_TIMEOUT = 2.0
# Seconds until an answer must have begun. boto3's own 60 would hold a teacher's request for a minute.
READ_TIMEOUT = {"rekognition": 5.0, "dynamodb": 2.0, "s3": 10.0}
# AWS advises against adaptive retries where many tenants share a client; the pace is kept by `portal.aws.pace`.
RETRIES = {"mode": "standard", "total_max_attempts": 4}

_clients: dict[tuple[int, str, str], Any] = {}
_threads: dict[tuple[int, str], ThreadPoolExecutor] = {}
_lock = threading.Lock()


def client(service: str, region: str = "") -> Any:
    """This process's client of `service` ("rekognition", "dynamodb", "s3"), in AWS_REGION or a stated Region.

    Another endpoint is set by AWS_ENDPOINT_URL_<SERVICE>, which boto3 reads itself. The pool has as many connections
    as AWS_THREADS: with fewer, connections would be made and dropped with every call.
    """
    region = region or settings.AWS_REGION
    key = (os.getpid(), service, region)
    with _lock:
        if key not in _clients:
            where = {"region_name": region} if region else {}
            _clients[key] = boto3.session.Session().client(service, config=_config(service), **where)
        return _clients[key]


def threads(service: str) -> ThreadPoolExecutor:
    """This process's threads for calls of `service`, as many as its client has connections. They end with a fork."""
    key = (os.getpid(), service)
    with _lock:
        if key not in _threads:
            _threads[key] = ThreadPoolExecutor(settings.AWS_THREADS, thread_name_prefix=service)
        return _threads[key]


def forget_clients() -> None:
    """Drop all clients, so that new ones are made: after a change of settings or credentials."""
    with _lock:
        _clients.clear()


def _config(service: str) -> Config:
    return Config(
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=READ_TIMEOUT[service],
        retries=RETRIES,
        max_pool_connections=settings.AWS_THREADS,
        **(_s3() if service == "s3" else {}),
    )


def _s3() -> dict[str, Any]:
    # Unless told, botocore signs addresses in the old way, which neither newer Regions nor encryption by a key accept.
    # And it names the host of us-east-1 unlike that of any other Region: pages must know it beforehand.
    style = {"addressing_style": settings.AWS_S3_ADDRESSING, "us_east_1_regional_endpoint": "regional"}
    return {"signature_version": "s3v4", "s3": style}


def region_of(service: str) -> str:
    """The Region that a service's calls go to now."""
    return settings.AWS_REGION or str(client(service).meta.region_name)
