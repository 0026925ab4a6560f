"""Marks in DynamoDB. See `dynamodb_items` for the layout of the table.

A first mark is one conditional put. The current version is its own audit entry: only when another replaces it is it
copied, in the same transaction. So a first mark costs 3 write units instead of the 7 of a transaction with an audit
entry of its own, and most marks are first and last at once.
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import islice
from typing import ClassVar
from uuid import UUID, uuid4

from boto3.dynamodb.conditions import Attr, ConditionBase, Key
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.metering import calls_count
from accounts.models import Institution
from attendance.domain.marks import Closing, DayTally, Mark, MarkOfDay, Register, StudentMark, brief, of_day
from attendance.domain.statuses import Status
from attendance.repositories import dynamodb_items as items
from attendance.repositories import dynamodb_registers as registers
from attendance.repositories import dynamodb_summaries as summaries
from attendance.repositories.base import MOST_A_PAGE, MarkChanged, Page, StoreUnavailable
from attendance.repositories.cursors import cursor_of, read_cursor
from attendance.repositories.dynamodb_histories import Histories
from attendance.repositories.dynamodb_items import (
    AUDIT,
    BY_COURSE,
    BY_STUDENT,
    MARK,
    MONTH,
    mark_of,
    yields_to,
)
from attendance.repositories.dynamodb_writes import Writer, known_sessions
from attendance.repositories.retention import checked_retention, shortest
from portal.aws.dynamodb import Calls, Item
from portal.aws.errors import Failure
from portal.aws.tables import Table

logger = logging.getLogger(__name__)
_STANDING = Attr("st").ne(Status.NONE.value)


class DynamoAttendanceRepository:
    """Implements `AttendanceRepository` on DynamoDB.

    table: its name, if not `<AWS_PREFIX>-marks`. retention_days: how long marks are kept at most. They are hidden from
    that moment, whatever it was when they were written; DynamoDB deletes them by the time that was written with them,
    and `attendance.retaining` those from before a retention was set or shortened.
    """

    ACTIONS: ClassVar[tuple[str, ...]] = (
        "dynamodb:BatchGetItem",
        "dynamodb:BatchWriteItem",
        "dynamodb:DeleteItem",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:Query",
        "dynamodb:UpdateItem",
    )

    def __init__(
        self, institution: Institution, *, table: str | None = None, retention_days: int | None = None
    ) -> None:
        self.institution = institution
        self.table = table or f"{settings.AWS_PREFIX}-marks"
        self.retention_days = shortest(institution.mark_retention_days, checked_retention(retention_days))
        self._keys = items.Keys(institution.pk)

    @classmethod
    def tables(cls, *, table: str | None = None, retention_days: int | None = None) -> list[Table]:
        """The tables that these options need."""
        return [items.marks_table(table or f"{settings.AWS_PREFIX}-marks")]

    # -- Writing --

    def mark_many(self, marks: Sequence[Mark]) -> list[Mark]:
        if not marks:
            return []
        with self._calls() as calls:
            held = self._held_already(calls, marks[0].session_id)
            due = [(mark, held.get(mark.student_id)) for mark in marks]
            writer = self._writer(calls)
            due = [(mark, item) for mark, item in due if item is None or yields_to(item, mark)]
            writer.note_months([mark for mark, _item in due])
            written = calls.each(lambda pair: writer.place(*pair), due)
        return [mark for mark in written if mark]

    def together(self) -> AbstractContextManager[None]:
        return nullcontext()

    def correct(self, mark: Mark, *, expected_version: int) -> Mark:
        with self._calls() as calls:
            writer = self._writer(calls)
            held = calls.get(self._keys.mark(mark.session_id, mark.student_id)) if expected_version else None
            if expected_version and (held is None or mark_of(held).version != expected_version):
                raise MarkChanged(mark_of(held) if held else None)
            writer.note_months([mark])
            return writer.correct(mark, held)

    # -- Reading --

    def for_session(self, session_id: UUID) -> dict[UUID, Mark]:
        with self._calls() as calls:
            marks = [mark_of(item) for item in self._session_items(calls, session_id).values()]
        return {mark.student_id: mark for mark in marks if self._is_kept(mark)}

    def for_student(self, student_id: UUID, *, cursor: str | None = None, limit: int = 20) -> Page:
        limit = max(1, min(limit, MOST_A_PAGE))
        before = read_cursor(cursor) if cursor is not None else None
        lower, upper = items.student_range(after=self._kept_since(), before=before)
        if upper < lower:
            return Page((), None)
        key = self._owned_by(student_id) & Key("student_sk").between(lower, upper)
        with self._calls() as calls:
            rows = calls.query(key, where=_STANDING, index=BY_STUDENT, ScanIndexForward=False, Limit=limit + 1)
            found = [mark_of(item) for item in islice(rows, limit + 1)]
        page = tuple(found[:limit])
        return Page(page, cursor_of(page[-1]) if len(found) > limit else None)

    def for_course(self, course_id: UUID, *, first: date, last: date) -> list[Mark]:
        lower, upper = items.course_range(first=first, last=last, after=self._kept_since())
        if upper < lower:
            return []
        between = Key("course_sk").between(lower, upper)
        months = Key("sk").between(f"{MONTH}{lower[:7]}", f"{MONTH}{upper[:7]}")
        with self._calls() as calls:
            known = calls.query(Key("pk").eq(self._keys.course(course_id)) & months)
            pks = [self._keys.course_month(course_id, item["sk"].removeprefix(MONTH)) for item in known]
            found = calls.each(lambda pk: list(calls.query(Key("course_pk").eq(pk) & between, index=BY_COURSE)), pks)
        return [mark_of(item) for month in found for item in month]

    def audit(self, session_id: UUID, student_id: UUID) -> list[Mark]:
        with self._calls() as calls:
            # The mark first: a correction that comes between the two reads then adds an entry that is not asked for.
            held = calls.get(self._keys.mark(session_id, student_id))
            if held is None:
                return []
            now = mark_of(held)
            lower, upper = items.audit_sk(student_id, 1), items.audit_sk(student_id, now.version - 1)
            entries: list[Item] = []
            if now.version > 1:
                pk = Key("pk").eq(self._keys.session(session_id))
                entries = list(calls.query(pk & Key("sk").between(lower, upper)))
        return [mark for mark in [*map(mark_of, entries), now] if self._is_kept(mark)]

    # -- Registers --

    def for_sessions(self, session_ids: Collection[UUID]) -> dict[UUID, dict[UUID, Mark]]:
        wanted = list(session_ids)
        with self._calls() as calls:
            found = calls.each(lambda session_id: self._session_items(calls, session_id).values(), wanted)
        marks = [{mark.student_id: mark for mark in map(mark_of, items) if self._is_kept(mark)} for items in found]
        return dict(zip(wanted, marks, strict=True))

    def registers_of_courses(self, course_ids: Collection[UUID], *, first: date, last: date) -> list[Register]:
        with self._calls() as calls:
            return registers.registers_of_courses(
                calls, self._keys, course_ids, first=first, last=last, since=self._kept_since()
            )

    def marks_of_day(
        self, day: date, *, closed: Collection[UUID], others: Collection[UUID]
    ) -> dict[UUID, dict[UUID, MarkOfDay]]:
        with self._calls() as calls:
            held = registers.marks_of_day(calls, self._keys, day, since=self._kept_since()) if closed else {}
        found = {session_id: held[session_id] for session_id in closed if session_id in held}
        # A closed one without a register was erased meanwhile, or its day was not yet told: its marks say which.
        read = self.for_sessions([session_id for session_id in [*closed, *others] if session_id not in found])
        return found | {
            session_id: {pk: of_day(mark) for pk, mark in marks.items() if mark.status is not Status.NONE}
            for session_id, marks in read.items()
        }

    def student_marks_in(self, student_id: UUID, session_ids: Collection[UUID]) -> dict[UUID, Mark]:
        with self._calls() as calls:
            found = calls.get_many([self._keys.mark(session_id, student_id) for session_id in set(session_ids)])
        return {mark.session_id: mark for mark in map(mark_of, found) if self._is_kept(mark)}

    def marks_of_student(self, student_id: UUID, *, first: datetime, last: datetime) -> list[StudentMark]:
        since = self._kept_since()
        lower, upper = items.instant(max(first, since) if since else first), f"{items.instant(last)}~"
        if upper < lower:
            return []
        key = self._owned_by(student_id) & Key("student_sk").between(lower, upper)
        with self._calls() as calls:
            marks = [mark_of(item) for item in calls.query(key, where=_STANDING, index=BY_STUDENT)]
        return [StudentMark(mark.session_id, mark.course_id, mark.held_at, brief(mark)) for mark in marks]

    # -- Moving --

    def histories(self, session_id: UUID) -> dict[UUID, tuple[Mark, ...]]:
        with self._calls() as calls:
            found = Histories(self._writer(calls), session_id).read()
        return {student: history for student, history in found.items() if self._is_kept(history[-1])}

    def keep_histories(self, session_id: UUID, histories: Mapping[UUID, Sequence[Mark]]) -> int:
        with self._calls() as calls:
            return Histories(self._writer(calls), session_id).keep(histories)

    def closing(self, session_id: UUID) -> Closing | None:
        with self._calls() as calls:
            return Histories(self._writer(calls), session_id).closing()

    # -- Summaries --

    def close_session(self, closing: Closing) -> None:
        with self._calls() as calls:
            summaries.close_session(calls, self._keys, closing, retention_days=self.retention_days)

    def day_tally(self, day: date) -> DayTally:
        with self._calls() as calls:
            return summaries.day_tally(calls, self._keys, day)

    # -- Erasing --

    def purge_student(self, student_id: UUID) -> int:
        with self._calls() as calls:
            # From the registers first: the marks tell which those are, also after a crash in between.
            found = calls.query(self._owned_by(student_id), index=BY_STUDENT, ProjectionExpression="pk")
            sessions = {UUID(item["pk"].rpartition("#")[2]) for item in found}
            registers.student_forget(calls, self._keys, student_id, sessions)
            gone = calls.delete_all(BY_STUDENT, self._owned_by(student_id), key=["pk", "sk"])
        return len([key for key in gone if not key["sk"].startswith(AUDIT)])

    def count_student(self, student_id: UUID) -> int:
        with self._calls() as calls:
            return len(list(calls.query(self._owned_by(student_id), index=BY_STUDENT, ProjectionExpression="pk")))

    def purge_sessions(self, session_ids: Sequence[UUID]) -> int:
        with self._calls() as calls:
            registers.registers_delete(calls, self._keys, session_ids)
            gone = [key for session_id in session_ids for key in self._emptied(calls, self._keys.session(session_id))]
        return len([key for key in gone if key["sk"].startswith(MARK)])

    def purge_summaries(self, course_ids: Sequence[UUID], days: Sequence[date]) -> None:
        with self._calls() as calls:
            for pk in [*map(self._keys.course, course_ids), *map(self._keys.day, days)]:
                self._emptied(calls, pk)

    # -- Beneath --

    def _emptied(self, calls: Calls, pk: str) -> list[Item]:
        """Delete all items of a partition; returns their keys."""
        found = list(calls.query(Key("pk").eq(pk), ProjectionExpression="pk, sk"))
        calls.delete_many(found)
        return found

    def _session_items(self, calls: Calls, session_id: UUID) -> dict[UUID, Item]:
        found = calls.query(Key("pk").eq(self._keys.session(session_id)) & Key("sk").begins_with(MARK))
        return {UUID(item["sk"].removeprefix(MARK)): item for item in found}

    def _held_already(self, calls: Calls, session_id: UUID) -> dict[UUID, Item]:
        """The session's items if this process knows of any, else none: the conditional puts find those.

        So a lesson's first picture costs no read. For a webcam, which shows thirty known faces every second, one read
        costs less than thirty refused puts.
        """
        session = (self.table, self._keys.session(session_id))
        if session in known_sessions:
            return self._session_items(calls, session_id)
        known_sessions.add(session)
        return {}

    def _kept_since(self) -> datetime | None:
        """Marks of lessons that began before this are not shown."""
        return None if self.retention_days is None else datetime.now(UTC) - timedelta(days=self.retention_days)

    def _is_kept(self, mark: Mark) -> bool:
        since = self._kept_since()
        return since is None or mark.held_at >= since

    def _writer(self, calls: Calls) -> Writer:
        return Writer(calls, self._keys, self.retention_days, uuid4().hex[:16])

    def _calls(self) -> Calls:
        spent = partial(calls_count, self.institution.pk, "dynamodb")
        return Calls(self.table, unavailable=_unavailable, spent=spent)

    def _owned_by(self, student_id: UUID) -> ConditionBase:
        return Key("student_pk").eq(self._keys.student(student_id))


def _unavailable(failure: Failure) -> StoreUnavailable:
    logger.warning("The table of marks: %s (%s)", failure.code, failure.detail)
    sentence = _("The register cannot be read or changed at the moment. Nothing is lost: try again in a minute.")
    return StoreUnavailable(failure.code, sentence, retryable=failure.retryable)
