"""Whole histories of marks in DynamoDB, for moving them: every version of a session's marks is one query."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID, uuid4

from boto3.dynamodb.conditions import Attr, Key

from attendance.domain.marks import Closing, Mark
from attendance.domain.statuses import Status
from attendance.repositories.base import MarkChanged
from attendance.repositories.dynamodb_items import AUDIT, MARK, META, audit_item, audit_sk, expiry, mark_item, mark_of
from attendance.repositories.dynamodb_writes import Writer, known_sessions
from attendance.repositories.histories import due_histories, joined_histories
from portal.aws.dynamodb import IS_NEW, ConditionFailed, Item

_AT_ONCE = 50  # marks of one transaction, which takes a hundred writes
_SESSIONS = "n"  # the counter of sessions among a summary's counts


class Histories:
    """The histories of one session's marks, read when it is made."""

    def __init__(self, writer: Writer, session_id: UUID) -> None:
        self.writer, self.session_id = writer, session_id
        self._pk = writer.keys.session(session_id)
        self._items: dict[UUID, Item] = {}
        self._audits: dict[UUID, dict[int, Item]] = defaultdict(dict)
        self._summary: Item | None = None
        for item in writer.calls.query(Key("pk").eq(self._pk)):
            self._take(item)

    def _take(self, item: Item) -> None:
        sort = str(item["sk"])
        if sort == META:
            self._summary = item
        elif sort.startswith(MARK):
            self._items[UUID(sort.removeprefix(MARK))] = item
        elif sort.startswith(AUDIT):
            _audit, student, version = sort.split("#")
            self._audits[UUID(student)][int(version)] = item

    def read(self) -> dict[UUID, tuple[Mark, ...]]:
        """Every version by student, oldest first."""
        versions = [mark_of(each[number]) for each in self._audits.values() for number in sorted(each)]
        return joined_histories([mark_of(item) for item in self._items.values()], versions)

    def closing(self) -> Closing | None:
        """The stored closing, with the marks that stand."""
        if (held := self._summary) is None:
            return None
        marks = {student: mark_of(item) for student, item in self._items.items()}
        standing = {student: mark for student, mark in marks.items() if mark.status is not Status.NONE}
        held_at = next((mark.held_at for mark in marks.values()), datetime.fromisoformat(held["at"]))
        return Closing(
            session_id=self.session_id,
            course_id=UUID(held["crs"]),
            day=date.fromisoformat(held["day"]),
            counts={Status(name): int(n) for name, n in held["counts"].items() if name != _SESSIONS},
            closed_at=datetime.fromisoformat(held["at"]),
            held_at=held_at,
            marks=standing,
        )

    def keep(self, wanted: Mapping[UUID, Sequence[Mark]]) -> int:
        """See `AttendanceRepository.keep_histories`. The versions before the present one first: after a crash in
        between they stand for nothing yet, and are written again."""
        due = due_histories(self.read(), wanted)
        calls = self.writer.calls
        self.writer.note_months([history[-1] for history in due.values() if history])
        known_sessions.add((calls.table, self._pk))
        self._keep_versions(due)
        changes = [self._present(student, history) for student, history in due.items()]
        for first in range(0, len(changes), _AT_ONCE):
            try:
                calls.transact(changes[first : first + _AT_ONCE], token=str(uuid4()))
            except ConditionFailed as failed:
                raise MarkChanged(mark_of(failed.item) if failed.item and "ver" in failed.item else None) from None
        return len(due)

    def _keep_versions(self, due: Mapping[UUID, Sequence[Mark]]) -> None:
        items = [audit_item(self._item(mark)) for history in due.values() for mark in history[:-1]]
        kept = {item["sk"] for item in items}
        gone = [
            {"pk": self._pk, "sk": audit_sk(student, version)} for student in due for version in self._audits[student]
        ]
        self.writer.calls.delete_many([key for key in gone if key["sk"] not in kept])
        self.writer.calls.put_many(items)

    def _present(self, student: UUID, history: Sequence[Mark]) -> dict[str, object]:
        """The write of a present mark, or its removal: only while what was read still stands."""
        held = self._items.get(student)
        is_same = Attr("ver").eq(held["ver"]) & Attr("w").eq(held["w"]) if held else IS_NEW
        if history:
            return self.writer.calls.putting(self._item(history[-1]), is_same)
        key = {"pk": self._pk, "sk": f"{MARK}{student}"}
        return self.writer.calls.deleting(key, is_same)

    def _item(self, mark: Mark) -> Item:
        writer = self.writer
        return mark_item(writer.keys, mark, write_id=writer.write_id, expires=expiry(mark, writer.retention_days))
