"""Calls on one DynamoDB table for the stores: retried where that helps, counted, and in parallel.

Items are in DynamoDB's own notation (`{"S": "text"}`, `{"N": "1.5"}`), which the low-level client takes: that one is
thread-safe, boto3's table resource is not.
"""

import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import wait
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar

from botocore.exceptions import ClientError

from portal.aws.clients import client, threads
from portal.aws.errors import VENDOR_ERRORS, Failure, error_code, failure_of

Item = dict[str, dict[str, Any]]
Thing = TypeVar("Thing")
Result = TypeVar("Result")

MOST_READ, MOST_WRITTEN = 100, 25  # items that BatchGetItem and BatchWriteItem take in one request
ATTEMPTS = 8
# Two transactions on the same item: neither botocore nor DynamoDB retries these.
_CONTENDED = frozenset({"TransactionConflictException", "TransactionInProgressException", "TransactionConflict"})
_OVERLOADED = frozenset({"ThrottlingError", "ProvisionedThroughputExceeded", "RequestLimitExceeded"})


class ConditionFailed(Exception):
    """The condition of a write failed. `item`: the stored item, or None if there is none."""

    def __init__(self, item: Item | None) -> None:
        super().__init__("the condition does not hold")
        self.item = item


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition of a write or the filter of a query: its expression, and the placeholders' names and values."""

    expression: str
    values: Item = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)

    def __and__(self, other: "Condition") -> "Condition":
        expression = f"({self.expression}) AND ({other.expression})"
        return Condition(expression, self.values | other.values, {**self.names, **other.names})

    def arguments(self, parameter: str = "ConditionExpression") -> dict[str, Any]:
        """Keyword arguments of a call. Empty ones are omitted, since DynamoDB refuses them."""
        arguments = {
            parameter: self.expression,
            "ExpressionAttributeValues": self.values,
            "ExpressionAttributeNames": dict(self.names),
        }
        return {name: value for name, value in arguments.items() if value}


class Calls:
    """A table's calls during one operation of a store. A context manager: its end reports the consumed capacity.

    unavailable: makes the store's own exception of a failure. spent: receives the operation ("ReadUnits",
    "WriteUnits") and the capacity units. Every method may raise what `unavailable` makes; no vendor exception escapes.
    """

    def __init__(
        self, table: str, *, unavailable: Callable[[Failure], Exception], spent: Callable[[str, float], None]
    ) -> None:
        self.table = table
        self._unavailable = unavailable
        self._spent = spent
        self._units = {"ReadUnits": 0.0, "WriteUnits": 0.0}
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        # In the thread that began: reporting may use the portal's database, which the pool's threads must not.
        for operation, units in self._units.items():
            if units:
                self._spent(operation, units)

    # -- One item --

    def get(self, key: Item) -> Item | None:
        """An item, read consistently, or None."""
        answer = self._call("get_item", "ReadUnits", Key=key, ConsistentRead=True, TableName=self.table)
        return answer.get("Item")

    def put(self, item: Item, condition: Condition | None = None) -> None:
        """Write an item. Raises ConditionFailed with the stored one."""
        arguments: dict[str, Any] = {"TableName": self.table, "Item": item}
        if condition:
            arguments |= {**condition.arguments(), "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
        self._call("put_item", "WriteUnits", **arguments)

    # -- Several --

    def query(self, key: Condition, *, where: Condition | None = None, **arguments: Any) -> Iterator[Item]:
        """The items of one partition, fetched page by page on demand. Other arguments are those of `Query`."""
        expressions = key.arguments("KeyConditionExpression")
        if where:
            both = Condition(where.expression, {**key.values, **where.values}, {**key.names, **where.names})
            expressions |= both.arguments("FilterExpression")
        while True:
            answer = self._call("query", "ReadUnits", TableName=self.table, **expressions, **arguments)
            yield from answer["Items"]
            if not (last := answer.get("LastEvaluatedKey")):
                return
            arguments["ExclusiveStartKey"] = last

    def get_many(self, keys: Iterable[Item]) -> list[Item]:
        """The items that exist, read consistently. Keys must be distinct."""
        found = self.each(self._get_batch, _parts(list(keys), MOST_READ))
        return [item for batch in found for item in batch]

    def delete_many(self, keys: Iterable[Item]) -> None:
        """Delete items; missing ones are no error. Keys must be distinct."""
        requests = [{"DeleteRequest": {"Key": key}} for key in keys]
        self.each(self._write_batch, _parts(requests, MOST_WRITTEN))

    def transact(self, actions: Sequence[dict[str, Any]], *, token: str) -> None:
        """All of the writes or none: TransactWriteItems, safe to repeat with its token.

        Raises ConditionFailed with the stored item of the first action whose condition fails.
        """
        self._call("transact_write_items", "WriteUnits", TransactItems=list(actions), ClientRequestToken=token)

    def each(self, call: Callable[[Thing], Result], things: Sequence[Thing]) -> list[Result]:
        """`call` on each of the things, in parallel; results in order. All have ended when an error is raised.

        `call` runs in other threads: it must neither use the portal's database nor call `each` again.
        """
        if len(things) < 2:
            return [call(thing) for thing in things]
        futures = [threads("dynamodb").submit(call, thing) for thing in things]
        wait(futures)
        return [future.result() for future in futures]

    # -- Beneath --

    def _get_batch(self, keys: Sequence[Item]) -> list[Item]:
        found: list[Item] = []
        wanted: dict[str, Any] = {self.table: {"Keys": list(keys), "ConsistentRead": True}}
        for attempt in range(ATTEMPTS):
            answer = self._call("batch_get_item", "ReadUnits", RequestItems=wanted)
            found += answer["Responses"].get(self.table, [])
            if not (wanted := answer.get("UnprocessedKeys") or {}):
                return found
            _pause(attempt)
        raise self._unavailable(Failure("throttled", True, "UnprocessedKeys"))

    def _write_batch(self, requests: Sequence[dict[str, Any]]) -> None:
        wanted: dict[str, Any] = {self.table: list(requests)}
        for attempt in range(ATTEMPTS):
            answer = self._call("batch_write_item", "WriteUnits", RequestItems=wanted)
            if not (wanted := answer.get("UnprocessedItems") or {}):
                return
            _pause(attempt)
        raise self._unavailable(Failure("throttled", True, "UnprocessedItems"))

    def _call(self, operation: str, units: str, **arguments: Any) -> dict[str, Any]:
        """One call, retried while other writes contend with it. Raises ConditionFailed and what `unavailable` makes."""
        for attempt in range(ATTEMPTS):
            try:
                answer = getattr(client("dynamodb"), operation)(ReturnConsumedCapacity="TOTAL", **arguments)
            except VENDOR_ERRORS as error:
                if not _is_contended(error):
                    raise self._failed(error) from error
                _pause(attempt)
            else:
                self._add(units, answer.get("ConsumedCapacity"))
                return dict(answer)
        raise self._unavailable(Failure("throttled", True, "TransactionConflict"))

    def _failed(self, error: Exception) -> Exception:
        if isinstance(error, ClientError):
            if error_code(error) == "ConditionalCheckFailedException":
                return ConditionFailed(error.response.get("Item") or None)
            for reason in _reasons(error):
                if reason.get("Code") == "ConditionalCheckFailed":
                    return ConditionFailed(reason.get("Item") or None)
        return self._unavailable(failure_of(error))

    def _add(self, operation: str, consumed: Any) -> None:
        tables = consumed if isinstance(consumed, list) else [consumed or {}]
        units = sum(float(table.get("CapacityUnits", 0)) for table in tables)
        with self._lock:
            self._units[operation] += units


def _reasons(error: ClientError) -> list[dict[str, Any]]:
    """Reasons of a transaction's cancellation, one for each of its actions."""
    return list(error.response.get("CancellationReasons", []))


def _is_contended(error: Exception) -> bool:
    """True if the same call will succeed once a concurrent one is done; not for a failed condition."""
    if not isinstance(error, ClientError):
        return False
    codes = {reason.get("Code") for reason in _reasons(error)}
    if "ConditionalCheckFailed" in codes:
        return False
    return error_code(error) in _CONTENDED or bool(codes & (_CONTENDED | _OVERLOADED))


def _pause(attempt: int) -> None:
    """Sleep a random time, at most a second, that increases with every attempt: callers do not collide again."""
    time.sleep(random.uniform(0, min(1.0, 0.02 * 2**attempt)))  # noqa: S311


def _parts(things: Sequence[Thing], size: int) -> list[Sequence[Thing]]:
    return [things[at : at + size] for at in range(0, len(things), size)]
