"""Provisioning: differences between AWS and the descriptions are found and mended.

A provisioner compares one resource with its description. It never deletes or shrinks anything: what it cannot change
it reports, for a person to decide. Mending is repeatable, so an interrupted run is simply run again.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from botocore.exceptions import ClientError

from portal.aws.errors import VENDOR_ERRORS, failure_of

_ROUNDS = 5  # a table is created in the first, its recovery is switched on in the second
_PAUSES = (0.1, 0.2, 0.5, 1.0, 2.0)  # seconds between checks; the last one repeats
PATIENCE = 900.0  # seconds until a table or an index is ready; an index over many marks takes minutes
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Difference:
    """A deviation from the description. done: the effect of `mend`, in the past tense; without it a person must act."""

    sentence: str
    done: str = ""
    mend: Callable[[], object] | None = None


class Provisioner(Protocol):
    """Comparison of one resource with its description. Methods may raise what boto3 raises."""

    @property
    def label(self) -> str:
        """Name of the resource in the report, such as "table attendance-marks"."""
        ...

    def differences(self) -> list[Difference]:
        """Current deviations from the description."""
        ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """Result for one resource: what was done, in words, and the remaining differences."""

    done: tuple[str, ...]
    left: tuple[Difference, ...]


class ProvisioningFailed(Exception):
    """AWS could not be reached, or refused. The message is a sentence with AWS's own reason."""


def compare(provisioner: Provisioner) -> Outcome:
    """Differences of a resource, without changing anything. Raises ProvisioningFailed."""
    return Outcome((), tuple(_asked(provisioner.differences)))


def bring_about(provisioner: Provisioner) -> Outcome:
    """Make the resource as described. Raises ProvisioningFailed; what was done before that stays."""
    return _asked(lambda: _mended(provisioner))


def _mended(provisioner: Provisioner) -> Outcome:
    """Mend each difference once: a server that does not keep a setting is reported, not retried for ever."""
    tried: dict[str, str] = {}
    for _ in range(_ROUNDS):
        left = provisioner.differences()
        todo = [difference for difference in left if difference.mend and difference.sentence not in tried]
        if not todo:
            break
        for difference in todo:
            assert difference.mend is not None
            difference.mend()
            tried[difference.sentence] = difference.done
    left = provisioner.differences()
    unkept = {difference.sentence for difference in left}
    return Outcome(tuple(done for sentence, done in tried.items() if sentence not in unkept), tuple(left))


def _asked(ask: Callable[[], Answer]) -> Answer:
    try:
        return ask()
    except VENDOR_ERRORS as error:
        failure = failure_of(error)
        reason = error.response.get("Error", {}).get("Message") if isinstance(error, ClientError) else str(error)
        raise ProvisioningFailed(f"AWS did not answer as hoped ({failure.detail}): {reason}") from error
    except TimeoutError as error:
        raise ProvisioningFailed(str(error)) from error


def wait_until(is_ready: Callable[[], bool], what: str) -> None:
    """Poll until `is_ready`. Raises TimeoutError after `PATIENCE` seconds."""
    until = time.monotonic() + PATIENCE
    pauses = list(_PAUSES)
    while not is_ready():
        if time.monotonic() > until:
            raise TimeoutError(f"{what} was not ready after {PATIENCE:.0f} seconds. Run the command again later.")
        time.sleep(pauses.pop(0) if len(pauses) > 1 else pauses[0])
