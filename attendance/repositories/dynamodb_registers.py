"""Registers for reports, in DynamoDB: a closed session's marks in one item at its course and in one at its day.

So a course's term and a school's day are a query each, of items that hold a whole class: in brief for the term, which
is long, with times and notes for the day, as the office asks for them. They are written in the transaction of the
summary, and expire with the marks.
"""

import json
from collections.abc import Collection, Iterable
from contextlib import suppress
from datetime import date, datetime
from hashlib import blake2b
from typing import Any
from uuid import UUID

from boto3.dynamodb.conditions import Attr, Key

from attendance.domain.marks import BriefMark, Closing, Mark, MarkOfDay, Register
from attendance.domain.statuses import Source, Status
from attendance.repositories.dynamodb_items import META, REGISTER, Keys, expiry, instant
from portal.aws.dynamodb import Calls, ConditionFailed, Item

_STATUSES = {status.value: status for status in Status}
_SOURCES = {source.value: source for source in Source}
_BY_PARTS: dict[str, BriefMark] = {}  # most marks of a school are alike: read once
_MOST_PARTS = 10_000


def digest(closing: Closing) -> str:
    """A short text that is the same for the same marks."""
    text = json.dumps(sorted([student.hex, _parts(mark), _day_parts(mark)] for student, mark in closing.marks.items()))
    return blake2b(text.encode(), digest_size=12).hexdigest()


def register_writes(
    calls: Calls, keys: Keys, closing: Closing, held: Item | None, retention_days: int | None
) -> list[dict[str, Any]]:
    """The writes of a closed register for the transaction of its summary; held: the summary there was before."""
    fields = {"at": instant(closing.held_at), "crs": str(closing.course_id), "exp": expiry(closing, retention_days)}
    item = {name: value for name, value in fields.items() if value is not None}
    places = _places(keys, closing.course_id, closing.day, closing.session_id)
    gone = [place for place in _places_of(keys, held, closing.session_id) if place not in places] if held else []
    packed = [
        {student.hex: pack(mark) for student, mark in closing.marks.items() if mark.status is not Status.NONE}
        for pack in (_parts, _day_parts)
    ]
    puts = [calls.putting({**place, **item, "m": marks}) for place, marks in zip(places, packed, strict=True)]
    return [*puts, *map(calls.deleting, gone)]


def registers_of_courses(
    calls: Calls, keys: Keys, courses: Collection[UUID], *, first: date, last: date, since: datetime | None
) -> list[Register]:
    """Registers of these courses on these days, of lessons from `since` on, oldest first: a query a course."""
    between = Key("sk").between(f"{REGISTER}{first.isoformat()}", f"{REGISTER}{last.isoformat()}~")
    if last < first:
        return []
    wanted = [Key("pk").eq(keys.course(course)) & between for course in courses]
    return _registers(calls, wanted, since)


def marks_of_day(calls: Calls, keys: Keys, day: date, *, since: datetime | None) -> dict[UUID, dict[UUID, MarkOfDay]]:
    """Marks of a day's registers by session and student, of lessons from `since` on: one query."""
    found = calls.query(Key("pk").eq(keys.day(day)) & Key("sk").begins_with(REGISTER))
    return {
        UUID(item["sk"].removeprefix(REGISTER)): {
            UUID(hex=student): _mark_of_day(parts) for student, parts in item["m"].items()
        }
        for item in found
        if since is None or datetime.fromisoformat(item["at"]) >= since
    }


def student_forget(calls: Calls, keys: Keys, student_id: UUID, session_ids: Collection[UUID]) -> None:
    """Remove a student from the registers of these sessions."""
    places = _places_of_sessions(calls, keys, session_ids)
    calls.each(lambda place: _without(calls, place, student_id), places)


def registers_delete(calls: Calls, keys: Keys, session_ids: Collection[UUID]) -> None:
    """Delete the registers of these sessions. Before their summaries go: those tell where they are."""
    calls.delete_many(_places_of_sessions(calls, keys, session_ids))


def _registers(calls: Calls, wanted: list[Any], since: datetime | None) -> list[Register]:
    items = [item for found in calls.each(lambda key: list(calls.query(key)), wanted) for item in found]
    found = [_register(item) for item in items if item["m"]]
    kept = [register for register in found if since is None or register.held_at >= since]
    return sorted(kept, key=lambda register: (register.held_at, register.session_id))


def _register(item: Item) -> Register:
    _register, day, session = item["sk"].split("#")
    return Register(
        session_id=UUID(session),
        course_id=UUID(item["crs"]),
        day=date.fromisoformat(day),
        held_at=datetime.fromisoformat(item["at"]),
        marks={UUID(hex=student): _brief(parts) for student, parts in item["m"].items()},
    )


def _without(calls: Calls, place: Item, student_id: UUID) -> None:
    with suppress(ConditionFailed):  # it expired, or was never there
        calls.removing(place, ["m", student_id.hex], Attr("pk").exists())


def _places_of_sessions(calls: Calls, keys: Keys, session_ids: Iterable[UUID]) -> list[Item]:
    summaries = calls.get_many([{"pk": keys.session(session), "sk": META} for session in set(session_ids)])
    return [
        place for summary in summaries for place in _places_of(keys, summary, UUID(summary["pk"].rpartition("#")[2]))
    ]


def _places_of(keys: Keys, summary: Item, session_id: UUID) -> list[Item]:
    return _places(keys, UUID(summary["crs"]), date.fromisoformat(summary["day"]), session_id)


def _places(keys: Keys, course_id: UUID, day: date, session_id: UUID) -> list[Item]:
    """The keys of a register's two items: at its course, and at its day."""
    return [
        {"pk": keys.course(course_id), "sk": f"{REGISTER}{day.isoformat()}#{session_id}"},
        {"pk": keys.day(day), "sk": f"{REGISTER}{session_id}"},
    ]


def _parts(mark: Mark) -> str:
    """A mark as `_brief` reads it."""
    return f"{mark.status.value}|{mark.source.value}|{mark.code}|{mark.minutes_late or ''}|{'n' * bool(mark.note)}"


def _brief(parts: str) -> BriefMark:
    if (known := _BY_PARTS.get(parts)) is not None:
        return known
    status, source, code, late, noted = parts.split("|")
    mark = BriefMark(_STATUSES[status], code, _SOURCES[source], int(late or 0), bool(noted))
    if len(_BY_PARTS) < _MOST_PARTS:
        _BY_PARTS[parts] = mark
    return mark


def _day_parts(mark: Mark) -> str:
    """A mark as `_mark_of_day` reads it; the note last, whatever it contains."""
    left = instant(mark.left_at) if mark.left_at else ""
    times = f"{instant(mark.marked_at)}|{mark.minutes_late or ''}|{left}"
    return f"{mark.status.value}|{mark.source.value}|{times}|{mark.note}"


def _mark_of_day(parts: str) -> MarkOfDay:
    status, source, marked_at, late, left, note = parts.split("|", maxsplit=5)
    return MarkOfDay(
        _STATUSES[status],
        _SOURCES[source],
        datetime.fromisoformat(marked_at),
        int(late or 0),
        datetime.fromisoformat(left) if left else None,
        note,
    )
