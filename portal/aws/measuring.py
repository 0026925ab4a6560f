"""Calls of AWS counted by operation and outcome, each try by itself: what a monitor reads at /metrics."""

from typing import Any

from botocore.exceptions import ClientError
from prometheus_client import Counter

from portal.aws.errors import failure_of

CALLS = Counter("portal_aws_calls", "Calls of AWS, each try by itself.", ["service", "operation", "outcome"])


def measured(client: Any) -> Any:
    """The client, whose every try is counted from now on. Outcomes: `answered`, or a code of `portal.aws.errors`."""
    client.meta.events.register("needs-retry", _count)  # botocore asks it of each answer and of each silence
    return client


def _count(operation: Any, response: Any = None, caught_exception: Exception | None = None, **asked: Any) -> None:
    service = operation.service_model.service_name
    CALLS.labels(service, operation.name, _outcome(operation.name, response, caught_exception)).inc()


def _outcome(operation: str, response: Any, error: Exception | None) -> str:
    if error is not None:
        return failure_of(error).code
    http, parsed = response
    return "answered" if http.status_code < 400 else failure_of(ClientError(parsed, operation)).code
