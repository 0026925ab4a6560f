"""Rekognition calls: checked against limits and budget, paced, counted. Vendor errors do not escape."""

import logging
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from botocore import xform_name
from django.utils.translation import gettext as _

from accounts.metering import calls_count, is_spent
from enrollment.domain.faces import EngineUnavailable
from enrollment.faces.rekognition.limits import RekognitionRefused, require_within_limits
from portal.aws.breaker import Breaker, CircuitOpen
from portal.aws.clients import bounded, client, threads
from portal.aws.errors import VENDOR_ERRORS, Failure, NotAsked, failure_of
from portal.aws.pace import PaceUnknown, TooBusy, reserve

logger = logging.getLogger(__name__)

SERVICE = "rekognition"
Arguments = Mapping[str, Any]
Answer = dict[str, Any]
Call = Callable[[Arguments], "Answer | Failure"]
# Operations that end when the month's cap is reached. Erasing never does, even if AWS bills `DisassociateFaces` too.
CAPPED = frozenset(
    {
        "AssociateFaces",
        "CompareFaces",
        "CreateFaceLivenessSession",
        "DetectFaces",
        "IndexFaces",
        "SearchFacesByImage",
        "SearchUsersByImage",
    }
)
# Two concurrent calls on one resource: AWS asks to try again.
_BUSY = frozenset({"ConflictException"})
ROUNDS = 2  # turns taken by a throttled call, each with botocore's own retries


@dataclass(frozen=True, slots=True)
class RekognitionCalls:
    """The Rekognition calls of one institution.

    max_wait: seconds that a call may wait for its turn. region: empty for that of the settings.
    """

    institution_id: UUID
    max_wait: float
    region: str = ""

    def one(self, operation: str, *, expected: Collection[str] = (), **arguments: Any) -> Answer | None:
        """One call's answer, or None if AWS refused it for an expected reason.

        Raises EngineUnavailable, or RekognitionRefused for any other reason.
        """
        [answer] = self.many(operation, [arguments], expected=expected)
        return answer

    def many(
        self, operation: str, requests: Sequence[Arguments], *, expected: Collection[str] = ()
    ) -> list[Answer | None]:
        """The answers of many calls of one operation, in order, made in parallel at the pace of the quota.

        expected: AWS's names of the errors that are answers too, given as None. All turns are reserved before the first
        call. Raises EngineUnavailable if any call may work later: a class photo is answered as a whole or not at all.
        Raises RekognitionRefused if one never will. Uses the database and the cache in the calling thread only.
        """
        shape = _client(self.region).meta.service_model.operation_model(operation).input_shape
        for arguments in requests:
            require_within_limits(operation, shape, arguments)
        if operation in CAPPED and is_spent(self.institution_id):
            raise EngineUnavailable("cap_reached", _("This month's budget for recognising faces is spent."))
        outcomes: list[Answer | Failure | None] = [None] * len(requests)
        for _round in range(ROUNDS):
            open_ = [n for n, outcome in enumerate(outcomes) if outcome is None or _is_throttled(outcome)]
            if not open_:
                break
            made = self._round(operation, [requests[n] for n in open_])
            for n, outcome in zip(open_, made, strict=True):
                outcomes[n] = outcome
        return [_settled(operation, outcome, expected) for outcome in outcomes]

    def _round(self, operation: str, requests: Sequence[Arguments]) -> list[Answer | Failure | None]:
        breaker = Breaker(SERVICE, str(_client(self.region).meta.region_name))
        times = self._turns(operation, len(requests), breaker)
        outcomes = _in_turn(partial(_outcome, operation, self.region), times, requests)
        answered = sum(_is_answer(outcome) for outcome in outcomes)
        made = [o for o in outcomes if o is not None and not _is_not_asked(o)]
        lost = [o for o in made if isinstance(o, Failure) and o.code in {"unreachable", "failing"}]
        if answered:
            calls_count(self.institution_id, SERVICE, operation, answered)
        if lost and not answered:
            breaker.failed(len(lost))
        elif made:
            breaker.answered()
        if unavailable := next((o for o in outcomes if isinstance(o, Failure) and _is_final(o)), None):
            raise _unavailable(operation, unavailable)
        return outcomes

    def _turns(self, operation: str, calls: int, breaker: Breaker) -> tuple[float, ...]:
        try:
            breaker.check()
            return reserve(operation, calls, max_wait=self.max_wait)
        except CircuitOpen as error:
            raise EngineUnavailable("circuit_open", _("The face recognition service does not answer.")) from error
        except PaceUnknown as error:
            raise EngineUnavailable("cache_unavailable", _("The portal's shared cache does not answer.")) from error
        except TooBusy as error:
            raise _unavailable(operation, Failure("throttled", True, str(error))) from error


def _in_turn(call: Call, times: Sequence[float], requests: Sequence[Arguments]) -> list[Answer | Failure | None]:
    """Each call's outcome; None for those not made, since an earlier one failed for all of them.

    This thread waits for the turns and submits the calls, so that no thread of the pool is busy with waiting.
    """
    stop = threading.Event()

    def run(arguments: Arguments) -> Answer | Failure | None:
        if stop.is_set():
            return None
        outcome = call(arguments)
        if isinstance(outcome, Failure) and _is_final(outcome):
            stop.set()
        return outcome

    if len(requests) == 1:
        stop.wait(max(0.0, times[0] - time.monotonic()))
        return [run(requests[0])]
    running = []
    for at, arguments in zip(times, requests, strict=True):
        stop.wait(max(0.0, at - time.monotonic()))
        running.append(threads(SERVICE).submit(copy_context().run, run, arguments))  # with the request's budget
    return [future.result() for future in running]


def _outcome(operation: str, region: str, arguments: Arguments) -> Answer | Failure:
    try:
        with bounded(SERVICE, region) as rekognition:
            answer: Answer = getattr(rekognition, xform_name(operation))(**arguments)
    except VENDOR_ERRORS as error:
        return failure_of(error)
    return answer


def _is_answer(outcome: Answer | Failure | None) -> bool:
    return isinstance(outcome, dict) or (isinstance(outcome, Failure) and outcome.code == "refused")


def _is_not_asked(outcome: Answer | Failure) -> bool:
    """True for a call that was not made, because the request had no time left for it."""
    return isinstance(outcome, Failure) and outcome.detail == NotAsked.__name__


def _is_throttled(outcome: Answer | Failure) -> bool:
    return isinstance(outcome, Failure) and outcome.code == "throttled"


def _is_final(failure: Failure) -> bool:
    """True if the other calls would fail in the same way."""
    return failure.retryable and failure.code != "throttled"


def _settled(operation: str, outcome: Answer | Failure | None, expected: Collection[str]) -> Answer | None:
    if isinstance(outcome, dict):
        return outcome
    failure = outcome or Failure("unreachable", True, "")
    if failure.retryable:
        raise _unavailable(operation, failure)
    if failure.detail in expected:
        return None
    if failure.detail in _BUSY:
        raise _unavailable(operation, Failure("failing", True, failure.detail))
    logger.error("Rekognition refused %s: %s", operation, failure.detail)
    raise RekognitionRefused(operation, failure.detail)


def _unavailable(operation: str, failure: Failure) -> EngineUnavailable:
    logger.warning("Rekognition, %s: %s (%s)", operation, failure.code, failure.detail)
    sentences = {
        "throttled": _("The face recognition service is busy."),
        "unreachable": _("The face recognition service could not be reached."),
        "denied": _("The face recognition service does not accept the portal's settings or credentials."),
        "failing": _("The face recognition service reported an error."),
    }
    return EngineUnavailable(failure.code, sentences[failure.code])


def _client(region: str) -> Any:
    """This process's client. Raises EngineUnavailable if it cannot be made, which is due to the settings."""
    try:
        return client(SERVICE, region)
    except VENDOR_ERRORS as error:
        raise _unavailable("client", Failure("denied", True, str(error))) from error
