"""Calls on one DynamoDB table for the stores: retried where that helps, counted, and in parallel.

Items are Python's own values (text, whole numbers, Decimal) and conditions are boto3's. They are put into DynamoDB's
notation here, for the low-level client: that one is thread-safe, boto3's table resource is not.
"""

import random
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import wait
from contextvars import copy_context
from typing import Any, Self, TypeVar

from boto3.dynamodb.conditions import Attr, ConditionBase, ConditionExpressionBuilder
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

from portal.aws.clients import asking, threads
from portal.aws.errors import VENDOR_ERRORS, Failure, error_code, failure_of

Item = dict[str, Any]
Thing = TypeVar("Thing")
Result = TypeVar("Result")

MOST_READ, MOST_WRITTEN = 100, 25  # items that BatchGetItem and BatchWriteItem take in one request
ATTEMPTS = 8
# Two transactions on the same item: neither botocore nor DynamoDB retries these.
_CONTENDED = frozenset({"TransactionConflictException", "TransactionInProgressException", "TransactionConflict"})
_OVERLOADED = frozenset({"ThrottlingError", "ProvisionedThroughputExceeded", "RequestLimitExceeded"})


IS_NEW = Attr("pk").not_exists()  # a condition of a write: no item is there
_INDEX_LAG = 0.1  # seconds after which an index that seems empty is asked once more
_MOST_ROUNDS = 100
_serialize = TypeSerializer().serialize
_deserialize = TypeDeserializer().deserialize


class ConditionFailed(Exception):
    """The condition of a write failed. `item`: the stored item, or None if there is none."""

    def __init__(self, item: Item | None) -> None:
        super().__init__("the condition does not hold")
        self.item = item


class Calls:
    """A table's calls during one operation of a store. A context manager: its end reports the consumed capacity.

    unavailable: makes the store's own exception of a failure. spent: receives the operation ("ReadUnits",
    "WriteUnits") and the capacity units. Every method may raise what `unavailable` makes; no vendor exception escapes.
    """

    def __init__(
        self,
        table: str,
        *,
        unavailable: Callable[[Failure], Exception],
        spent: Callable[[str, float], None],
        region: str = "",
    ) -> None:
        self.table = table
        self._region = region
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
        answer = self._call("get_item", "ReadUnits", Key=_stored(key), ConsistentRead=True, TableName=self.table)
        return _item(answer.get("Item"))

    def put(self, item: Item, condition: ConditionBase | None = None) -> None:
        """Write an item. Raises ConditionFailed with the stored one."""
        self._call("put_item", "WriteUnits", **self._put(item, condition))

    def removing(self, key: Item, path: Sequence[str], condition: ConditionBase) -> None:
        """Remove an attribute of an item, or one within it. Raises ConditionFailed."""
        arguments = _expressions(ConditionExpression=condition)
        names = {f"#p{n}": name for n, name in enumerate(path)}
        arguments["ExpressionAttributeNames"] = {**arguments["ExpressionAttributeNames"], **names}
        removal = "REMOVE " + ".".join(names)
        self._call(
            "update_item", "WriteUnits", TableName=self.table, Key=_stored(key), UpdateExpression=removal, **arguments
        )

    # -- Several --

    def query(
        self, key: ConditionBase, *, where: ConditionBase | None = None, index: str | None = None, **arguments: Any
    ) -> Iterator[Item]:
        """The items of one partition of the table or an index, fetched page by page on demand.

        where: drops items that were read. Other arguments are those of `Query`. The table is read consistently.
        """
        arguments |= _expressions(KeyConditionExpression=key, FilterExpression=where)
        arguments |= {"IndexName": index} if index else {"ConsistentRead": True}
        while True:
            answer = self._call("query", "ReadUnits", TableName=self.table, **arguments)
            yield from (_read(item) for item in answer["Items"])
            if not (last := answer.get("LastEvaluatedKey")):
                return
            arguments["ExclusiveStartKey"] = last

    def get_many(self, keys: Iterable[Item]) -> list[Item]:
        """The items that exist, read consistently. Keys must be distinct."""
        found = self.each(self._get_batch, _parts([_stored(key) for key in keys], MOST_READ))
        return [_read(item) for batch in found for item in batch]

    def put_many(self, items: Iterable[Item]) -> None:
        """Write items over whatever is there. Their keys must be distinct."""
        requests = [{"PutRequest": {"Item": _stored(item)}} for item in items]
        self.each(self._write_batch, _parts(requests, MOST_WRITTEN))

    def delete_many(self, keys: Iterable[Item]) -> None:
        """Delete items; missing ones are no error. Keys must be distinct."""
        requests = [{"DeleteRequest": {"Key": _stored(key)}} for key in keys]
        self.each(self._write_batch, _parts(requests, MOST_WRITTEN))

    def delete_all(self, index: str, owner: ConditionBase, *, key: Collection[str]) -> list[Item]:
        """Delete what the index shows of an owner until it shows nothing more; returns the keys of what was deleted.

        key: the attributes of the table's key. The index follows the table: what it still hides is asked for again.
        """
        gone: dict[tuple[str, ...], Item] = {}
        for round_ in range(_MOST_ROUNDS):
            found = list(self.query(owner, index=index, ProjectionExpression=", ".join(key)))
            if not found and round_:
                return list(gone.values())
            self.delete_many(found)
            gone |= {tuple(item[name] for name in key): item for item in found}
            time.sleep(_INDEX_LAG)
        raise self._unavailable(Failure("failing", True, f"{index} does not empty"))

    # -- All or nothing --

    def transact(self, actions: Sequence[dict[str, Any]], *, token: str) -> None:
        """All of the writes (`putting`, `adding`) or none: TransactWriteItems, safe to repeat with its token.

        Raises ConditionFailed with the stored item of the first action whose condition fails.
        """
        self._call("transact_write_items", "WriteUnits", TransactItems=list(actions), ClientRequestToken=token)

    def putting(self, item: Item, condition: ConditionBase | None = None) -> dict[str, Any]:
        """The write of an item, for `transact`."""
        return {"Put": self._put(item, condition)}

    def deleting(self, key: Item, condition: ConditionBase | None = None) -> dict[str, Any]:
        """The deletion of an item, for `transact`; a missing one is no error, unless the condition says so."""
        arguments = {"TableName": self.table, "Key": _stored(key)}
        if condition:
            arguments |= _expressions(ConditionExpression=condition)
            arguments["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        return {"Delete": arguments}

    def adding(self, key: Item, changes: Mapping[str, int]) -> dict[str, Any]:
        """The addition to an item's counters, for `transact`; a missing one counts as zero."""
        return {
            "Update": {
                "TableName": self.table,
                "Key": _stored(key),
                "UpdateExpression": "ADD " + ", ".join(f"#{n} :{n}" for n in range(len(changes))),
                "ExpressionAttributeNames": {f"#{n}": name for n, name in enumerate(changes)},
                "ExpressionAttributeValues": _stored({f":{n}": change for n, change in enumerate(changes.values())}),
            }
        }

    def each(self, call: Callable[[Thing], Result], things: Sequence[Thing]) -> list[Result]:
        """`call` on each of the things, in parallel; results in order. All have ended when an error is raised.

        `call` runs in other threads: it must neither use the portal's database nor call `each` again.
        """
        if len(things) < 2:
            return [call(thing) for thing in things]
        # Each in a copy of this context: the request's budget is one for all.
        futures = [threads("dynamodb").submit(copy_context().run, call, thing) for thing in things]
        wait(futures)
        return [future.result() for future in futures]

    # -- Beneath --

    def _put(self, item: Item, condition: ConditionBase | None) -> dict[str, Any]:
        arguments: dict[str, Any] = {"TableName": self.table, "Item": _stored(item)}
        if condition:
            arguments |= _expressions(ConditionExpression=condition)
            arguments["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        return arguments

    def _get_batch(self, keys: Sequence[Item]) -> list[Item]:
        wanted = {self.table: {"Keys": list(keys), "ConsistentRead": True}}
        answers = self._until_processed("batch_get_item", "ReadUnits", wanted, left="UnprocessedKeys")
        return [item for answer in answers for item in answer["Responses"].get(self.table, [])]

    def _write_batch(self, requests: Sequence[dict[str, Any]]) -> None:
        wanted = {self.table: list(requests)}
        self._until_processed("batch_write_item", "WriteUnits", wanted, left="UnprocessedItems")

    def _until_processed(self, operation: str, units: str, wanted: Item, *, left: str) -> list[Item]:
        """The answers of a batch and of the batches of what each left undone."""
        answers = []
        for attempt in range(ATTEMPTS):
            answers.append(self._call(operation, units, RequestItems=wanted))
            if not (wanted := answers[-1].get(left) or {}):
                return answers
            _pause(attempt)
        raise self._unavailable(Failure("throttled", True, left))

    def _call(self, operation: str, units: str, **arguments: Any) -> dict[str, Any]:
        """One call, retried while other writes contend with it. Raises ConditionFailed and what `unavailable` makes."""
        for attempt in range(ATTEMPTS):
            try:
                with asking("dynamodb", self._region) as dynamodb:
                    answer = getattr(dynamodb, operation)(ReturnConsumedCapacity="TOTAL", **arguments)
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
                return ConditionFailed(_item(error.response.get("Item")))
            for reason in _reasons(error):
                if reason.get("Code") == "ConditionalCheckFailed":
                    return ConditionFailed(_item(reason.get("Item")))
        return self._unavailable(failure_of(error))

    def _add(self, operation: str, consumed: Any) -> None:
        tables = consumed if isinstance(consumed, list) else [consumed or {}]
        units = sum(float(table.get("CapacityUnits", 0)) for table in tables)
        with self._lock:
            self._units[operation] += units


def _expressions(**conditions: ConditionBase | None) -> dict[str, Any]:
    """Arguments of a call: each condition by the parameter that takes it, and the placeholders of all."""
    builder = ConditionExpressionBuilder()
    arguments: dict[str, Any] = {"ExpressionAttributeNames": {}, "ExpressionAttributeValues": {}}
    for parameter, condition in conditions.items():
        if condition:
            built = builder.build_expression(condition, is_key_condition=parameter == "KeyConditionExpression")
            arguments[parameter] = built.condition_expression
            arguments["ExpressionAttributeNames"] |= built.attribute_name_placeholders
            arguments["ExpressionAttributeValues"] |= _stored(built.attribute_value_placeholders)
    return {name: value for name, value in arguments.items() if value}  # DynamoDB refuses empty ones


def _stored(item: Item) -> Item:
    """An item in DynamoDB's notation: `{"S": "text"}`, `{"N": "1.5"}`."""
    return {name: _serialize(value) for name, value in item.items()}


def _read(stored: Item) -> Item:
    return {name: _deserialize(value) for name, value in stored.items()}


def _item(stored: Item | None) -> Item | None:
    return _read(stored) if stored else None


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
