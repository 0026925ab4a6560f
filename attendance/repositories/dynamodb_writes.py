"""Writes of marks to DynamoDB: of a first mark, and of one that replaces another."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from boto3.dynamodb.conditions import Attr, ConditionBase

from attendance.domain.marks import Mark
from attendance.domain.statuses import Source, Status
from attendance.repositories.base import MarkChanged
from attendance.repositories.dynamodb_items import (
    MONTH,
    Keys,
    audit_item,
    expiry,
    mark_item,
    mark_of,
    month_of,
    with_version,
    yields_to,
)
from portal.aws.dynamodb import IS_NEW, Calls, ConditionFailed, Item


class Known:
    """Keys that this process has written to a table, cleared when they are many: they save repeated writes."""

    def __init__(self, most: int = 10_000) -> None:
        self._things: set[tuple[str, str]] = set()
        self._lock = threading.Lock()
        self._most = most

    def __contains__(self, thing: tuple[str, str]) -> bool:
        return thing in self._things

    def add(self, thing: tuple[str, str]) -> None:
        with self._lock:
            if len(self._things) >= self._most:
                self._things.clear()
            self._things.add(thing)


known_months = Known()  # table, course's month
known_sessions = Known()  # table, session that has marks


@dataclass(frozen=True, slots=True)
class Writer:
    """Writer of one institution's marks through `calls`. write_id: names this write and its retries among all."""

    calls: Calls
    keys: Keys
    retention_days: int | None
    write_id: str

    def note_months(self, marks: Sequence[Mark]) -> None:
        """Store the months in which the marks' course has lessons: without them `for_course` would not find the marks.

        Before the marks, so that a crash leaves a month without marks and never the other way round.
        """
        for course_id, month in {(mark.course_id, month_of(mark)) for mark in marks}:
            noted = (self.calls.table, self.keys.course_month(course_id, month))
            if noted not in known_months:
                self.calls.put({"pk": self.keys.course(course_id), "sk": f"{MONTH}{month}"})
                known_months.add(noted)

    def place(self, mark: Mark, held: Item | None) -> Mark | None:
        """Write a machine's or closing's mark if `may_replace` allows it. held: the item there when it was read.

        A mark that was written meanwhile fails the condition, and is judged again: this ends, since each round is
        somebody else's success, and a machine replaces a mark only once.
        """
        while held is None or yields_to(held, mark):
            try:
                return self._first(mark) if held is None else self._supersede(mark, held, _rule(mark.source))
            except ConditionFailed as failed:
                held = self._standing(mark, failed)
        return None

    def correct(self, mark: Mark, held: Item | None) -> Mark:
        """Write a person's mark over exactly the item that was read (None: none). Raises MarkChanged."""
        try:
            return self._first(mark) if held is None else self._supersede(mark, held, None)
        except ConditionFailed as failed:
            standing = self._standing(mark, failed)
            raise MarkChanged(mark_of(standing) if standing else None) from None

    def _first(self, mark: Mark) -> Mark:
        written = with_version(mark, 1)
        try:
            self.calls.put(self._item(written), IS_NEW)
        except ConditionFailed as failed:
            if not self._is_ours(failed.item):
                raise
        return written

    def _supersede(self, mark: Mark, held: Item, rule: ConditionBase | None) -> Mark:
        """Replace `held` by the mark and keep `held` as an audit entry, both or neither. Raises ConditionFailed."""
        written = with_version(mark, mark_of(held).version + 1)
        # The version and its write_id: after an erasure there may be another version 1.
        unchanged = Attr("ver").eq(held["ver"]) & Attr("w").eq(held["w"])
        put = self.calls.putting(self._item(written), unchanged & rule if rule else unchanged)
        try:
            self.calls.transact([put, self.calls.putting(audit_item(held))], token=str(uuid4()))
        except ConditionFailed as failed:
            if not self._is_ours(failed.item):
                raise
        return written

    def _standing(self, mark: Mark, failed: ConditionFailed) -> Item | None:
        """The item that is stored instead. DynamoDB sends it with the refusal, unless it was erased meanwhile."""
        return failed.item or self.calls.get(self.keys.mark(mark.session_id, mark.student_id))

    def _item(self, mark: Mark) -> Item:
        return mark_item(self.keys, mark, write_id=self.write_id, expires=expiry(mark, self.retention_days))

    def _is_ours(self, item: Item | None) -> bool:
        """True if the condition failed because this very write had succeeded, its answer lost on the way."""
        return item is not None and item.get("w") == self.write_id


def _rule(by: Source) -> ConditionBase | None:
    """`may_replace` as a condition, which DynamoDB judges at the moment of writing."""
    is_empty, source = Attr("st").eq(Status.NONE.value), Attr("src")
    if by is Source.REST:
        return is_empty | source.eq(Source.CLOSE.value)
    if by.is_person:
        return None
    if by in (Source.CLOSE, Source.IMPORT):
        return is_empty
    return source.is_in([Source.CLOSE.value, Source.UNDO.value])
