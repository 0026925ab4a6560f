"""Summaries of closed sessions and the counters of their days, in DynamoDB.

The counters are written once a closing, never with a mark, in one transaction with the summary and conditional on the
summary that was there before. They are spread over several shards, so that the sessions that all close with the same
bell do not wait for each other; a session's shard is always the same.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

from boto3.dynamodb.conditions import Attr, Key

from attendance.domain.marks import Closing, DayTally
from attendance.domain.statuses import Status
from attendance.repositories.dynamodb_items import META, SHARD, Keys, instant
from attendance.repositories.dynamodb_registers import digest, register_writes
from portal.aws.dynamodb import IS_NEW, Calls, ConditionFailed, Item

SHARDS = 8
_SESSIONS = "n"  # the attribute that counts sessions; the statuses' own letters count marks


def close_session(calls: Calls, keys: Keys, closing: Closing, *, retention_days: int | None) -> None:
    """Store the closing and add its changes to its day. See `AttendanceRepository.close_session`."""
    key = {"pk": keys.session(closing.session_id), "sk": META}
    held = calls.get(key)
    while held is None or not _is_settled(held, closing):
        summary = {**key, **_fields(closing), "w": uuid4().hex}
        put = calls.putting(summary, Attr("w").eq(held["w"]) if held else IS_NEW)
        register = register_writes(calls, keys, closing, held, retention_days)
        try:
            return calls.transact([put, *_additions(calls, keys, closing, held), *register], token=str(uuid4()))
        except ConditionFailed as failed:
            # Somebody closed it at the same moment, or the answer to this write was lost: the summary shows both.
            held = failed.item or calls.get(key)
    return None


def day_tally(calls: Calls, keys: Keys, day: date) -> DayTally:
    """The sum of a day's shards."""
    total: Counter[str] = Counter()
    for item in calls.query(Key("pk").eq(keys.day(day)) & Key("sk").begins_with(SHARD)):
        total.update({name: int(value) for name, value in item.items() if name not in ("pk", "sk")})
    sessions = total.pop(_SESSIONS, 0)
    return DayTally(sessions, {Status(name): n for name, n in total.items() if n})


def _is_settled(held: Item, closing: Closing) -> bool:
    """True if the stored summary is of this very closing or a later one."""
    closed_at = datetime.fromisoformat(held["at"])
    is_same = {name: held.get(name) for name in _fields(closing)} == _fields(closing)
    return is_same or closed_at > closing.closed_at.astimezone(UTC)


def _additions(calls: Calls, keys: Keys, closing: Closing, held: Item | None) -> list[dict[str, Any]]:
    """The updates of the day's counters; those of two days if the lesson was moved to another."""
    now = _numbers(closing.counts)
    if held is None:
        return [_add(calls, keys, closing, closing.day, now)]
    before = Counter({name: int(n) for name, n in held["counts"].items()})
    day = date.fromisoformat(held["day"])
    if day != closing.day:
        taken = {name: -n for name, n in before.items()}
        return [_add(calls, keys, closing, closing.day, now), _add(calls, keys, closing, day, taken)]
    difference = {
        name: n - before[name] for name, n in {**dict.fromkeys(before, 0), **now}.items() if n != before[name]
    }
    return [_add(calls, keys, closing, day, difference)] if difference else []


def _add(calls: Calls, keys: Keys, closing: Closing, day: date, changes: Mapping[str, int]) -> dict[str, Any]:
    shard = closing.session_id.int % SHARDS
    return calls.adding({"pk": keys.day(day), "sk": f"{SHARD}{shard}"}, changes)


def _numbers(counts: Mapping[Status, int]) -> dict[str, int]:
    """The numbers that a session adds to its day's counters."""
    return {_SESSIONS: 1, **{status.value: n for status, n in counts.items() if n}}


def _fields(closing: Closing) -> Item:
    return {
        "day": closing.day.isoformat(),
        "crs": str(closing.course_id),
        "at": instant(closing.closed_at),
        "counts": _numbers(closing.counts),
        "marks": digest(closing),
    }
