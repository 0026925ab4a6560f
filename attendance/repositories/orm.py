"""Marks in the portal's own database: one row for the current mark, and one for each of its versions."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar, cast
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import Institution
from attendance.domain.marks import Closing, DayTally, Evidence, Mark, MarkOfDay, Register, StudentMark
from attendance.domain.statuses import Source, Status, may_replace
from attendance.models import ClassSession, MarkFields, MarkRow, MarkVersion
from attendance.repositories.base import MOST_A_PAGE, MarkChanged, Page
from attendance.repositories.cursors import cursor_of, read_cursor
from attendance.repositories.histories import due_histories, joined_histories
from attendance.repositories.orm_registers import marks_of_sessions, registers, student_marks
from attendance.repositories.orm_summaries import summaries_delete, summaries_tally, summary_keep, summary_read
from attendance.repositories.retention import checked_retention, shortest

Row = TypeVar("Row", bound=MarkFields)
_OF_SESSION = [  # columns of a session that no mark tells
    field.name for field in ClassSession._meta.concrete_fields if field.name not in ("id", "course", "starts_at")
]
_OWN = ("version", "status", "source", "marked_at", "actor_id", "minutes_late", "note", "code", "left_at")
_NO_EVIDENCE = {"capture_id": None, "face": None, "similarity": None, "threshold": None, "engine": "", "model": ""}


class OrmAttendanceRepository:
    """Implements `AttendanceRepository` on Django's ORM. retention_days: how long marks are kept at most."""

    def __init__(self, institution: Institution, *, retention_days: int | None = None) -> None:
        self.institution = institution
        self.retention_days = shortest(institution.mark_retention_days, checked_retention(retention_days))

    def mark_many(self, marks: Sequence[Mark]) -> list[Mark]:
        if not marks:
            return []
        with transaction.atomic():
            rows = self._rows(MarkRow, marks[0].session_id)
            known = set(rows.values_list("student_id", flat=True))
            inserted = self._insert([mark for mark in marks if mark.student_id not in known])
            # Only now: the rows that others wrote during this write are among them.
            present = {row.student_id: row for row in rows.select_for_update(of=("self",))}
            keys = {row.pk for row in present.values()}
            fresh = [mark for key, mark in inserted if key in keys]
            for mark in fresh:
                del present[mark.student_id]
            replaced = [self._supersede(row, mark) for mark in marks if (row := present.get(mark.student_id))]
            written = [*fresh, *(mark for mark in replaced if mark)]
            MarkVersion.objects.bulk_create([self._row(MarkVersion, mark) for mark in written])
        return written

    def together(self) -> AbstractContextManager[None]:
        return transaction.atomic()

    def correct(self, mark: Mark, *, expected_version: int) -> Mark:
        try:
            with transaction.atomic():
                written = self._correct(mark, expected_version)
                MarkVersion.objects.bulk_create([self._row(MarkVersion, written)])
                return written
        except IntegrityError:
            # Another process wrote the first mark between this read and this write.
            raise MarkChanged(self.for_session(mark.session_id).get(mark.student_id)) from None

    def for_session(self, session_id: UUID) -> dict[UUID, Mark]:
        return {row.student_id: _mark(row) for row in self._kept(MarkRow).filter(session_id=session_id)}

    def for_student(self, student_id: UUID, *, cursor: str | None = None, limit: int = 20) -> Page:
        limit = max(1, min(limit, MOST_A_PAGE))
        rows = self._kept(MarkRow).filter(student_id=student_id).exclude(status=Status.NONE)
        if cursor is not None:
            held_at, session_id = read_cursor(cursor)
            earlier = Q(session__starts_at__lt=held_at) | Q(session__starts_at=held_at, session_id__lt=session_id)
            rows = rows.filter(earlier)
        found = [_mark(row) for row in rows.order_by("-session__starts_at", "-session_id")[: limit + 1]]
        page = tuple(found[:limit])
        return Page(page, cursor_of(page[-1]) if len(found) > limit else None)

    def for_course(self, course_id: UUID, *, first: date, last: date) -> list[Mark]:
        begin = datetime.combine(first, time.min, UTC)
        end = datetime.combine(last, time.max, UTC)
        rows = self._kept(MarkRow).filter(
            session__course_id=course_id, session__starts_at__gte=begin, session__starts_at__lte=end
        )
        return [_mark(row) for row in rows.order_by("session__starts_at", "session_id", "student_id")]

    def for_sessions(self, session_ids: Collection[UUID]) -> dict[UUID, dict[UUID, Mark]]:
        found: dict[UUID, dict[UUID, Mark]] = {session_id: {} for session_id in session_ids}
        # Of the session what a mark says of it: the whole would be read once for every one of its marks.
        left_out = [f"session__{name}" for name in _OF_SESSION]
        for row in self._kept(MarkRow).filter(session_id__in=found).defer(*left_out):
            found[row.session_id][row.student_id] = _mark(row)
        return found

    def registers_of_courses(self, course_ids: Collection[UUID], *, first: date, last: date) -> list[Register]:
        return registers(self.institution, self._kept_since(), courses=course_ids, first=first, last=last)

    def marks_of_day(
        self, day: date, *, closed: Collection[UUID], others: Collection[UUID]
    ) -> dict[UUID, dict[UUID, MarkOfDay]]:
        return marks_of_sessions(self._kept(MarkRow).select_related(None), [*closed, *others])

    def student_marks_in(self, student_id: UUID, session_ids: Collection[UUID]) -> dict[UUID, Mark]:
        rows = self._kept(MarkRow).filter(student_id=student_id, session_id__in=session_ids)
        return {row.session_id: _mark(row) for row in rows}

    def marks_of_student(self, student_id: UUID, *, first: datetime, last: datetime) -> list[StudentMark]:
        rows = self._kept(MarkRow).filter(student_id=student_id, session__starts_at__range=(first, last))
        return student_marks(rows)

    def audit(self, session_id: UUID, student_id: UUID) -> list[Mark]:
        rows = self._kept(MarkVersion).filter(session_id=session_id, student_id=student_id)
        return [_mark(row) for row in rows.order_by("version")]

    def purge_student(self, student_id: UUID) -> int:
        with transaction.atomic():
            self._all(MarkVersion).filter(student_id=student_id).delete()
            return self._all(MarkRow).filter(student_id=student_id).delete()[0]

    def count_student(self, student_id: UUID) -> int:
        return sum(self._all(model).filter(student_id=student_id).count() for model in (MarkVersion, MarkRow))

    def purge_sessions(self, session_ids: Sequence[UUID]) -> int:
        with transaction.atomic():
            self._all(MarkVersion).filter(session_id__in=session_ids).delete()
            return self._all(MarkRow).filter(session_id__in=session_ids).delete()[0]

    def purge_summaries(self, course_ids: Sequence[UUID], days: Sequence[date]) -> None:
        summaries_delete(self.institution, days)

    def histories(self, session_id: UUID) -> dict[UUID, tuple[Mark, ...]]:
        now = self._kept(MarkRow).filter(session_id=session_id)
        before = self._kept(MarkVersion).filter(session_id=session_id).order_by("version")
        return joined_histories([_mark(row) for row in now], [_mark(row) for row in before])

    def keep_histories(self, session_id: UUID, histories: Mapping[UUID, Sequence[Mark]]) -> int:
        try:
            with transaction.atomic():
                rows = self._rows(MarkRow, session_id).filter(student_id__in=histories).order_by("student_id")
                list(rows.select_for_update(of=("self",)))
                due = due_histories(self.histories(session_id), histories)
                for model in (MarkVersion, MarkRow):
                    self._rows(model, session_id).filter(student_id__in=due).delete()
                told = [history for history in due.values() if history]
                MarkRow.objects.bulk_create([self._row(MarkRow, history[-1]) for history in told])
                MarkVersion.objects.bulk_create([self._row(MarkVersion, mark) for each in told for mark in each])
        except IntegrityError:
            raise MarkChanged(None) from None  # another process wrote a first mark, or the student is gone
        return len(due)

    def closing(self, session_id: UUID) -> Closing | None:
        return summary_read(self.institution, session_id, self.for_session(session_id))

    def close_session(self, closing: Closing) -> None:
        summary_keep(self.institution, closing)

    def day_tally(self, day: date) -> DayTally:
        return summaries_tally(self.institution, day)

    def _kept_since(self) -> datetime | None:
        """Marks of lessons that began before this are not shown."""
        return None if self.retention_days is None else timezone.now() - timedelta(days=self.retention_days)

    def _kept(self, model: type[Row]) -> QuerySet[Row]:
        """Rows that may be read, within retention; writes look at all rows."""
        rows, since = self._all(model), self._kept_since()
        return rows.filter(session__starts_at__gte=since) if since else rows

    def _all(self, model: type[Row]) -> QuerySet[Row]:
        rows = cast(QuerySet[Row], model.objects.for_institution(self.institution))
        return rows.select_related("session")

    def _rows(self, model: type[Row], session_id: UUID) -> QuerySet[Row]:
        return self._all(model).filter(session_id=session_id)

    def _insert(self, marks: list[Mark]) -> list[tuple[UUID, Mark]]:
        """Insert first marks; each with the key of its row, which exists unless another process was faster."""
        # In one order for everybody, so that two processes wait for each other instead of blocking each other.
        first = [replace(mark, version=1) for mark in sorted(marks, key=lambda mark: mark.student_id)]
        rows = [self._row(MarkRow, mark) for mark in first]
        MarkRow.objects.bulk_create(rows, ignore_conflicts=True)
        return [(row.pk, mark) for row, mark in zip(rows, first, strict=True)]

    def _supersede(self, row: MarkRow, mark: Mark) -> Mark | None:
        """Replace the row by `mark`, if its source may do so; None if not."""
        if not may_replace(status=Status(row.status), source=Source(row.source), by=mark.source):
            return None
        return self._update(row, mark)

    def _correct(self, mark: Mark, expected_version: int) -> Mark:
        row = (
            self._rows(MarkRow, mark.session_id)
            .filter(student_id=mark.student_id)
            .select_for_update(of=("self",))
            .first()
        )
        if (row.version if row else 0) != expected_version:
            raise MarkChanged(_mark(row) if row else None)
        if row:
            return self._update(row, mark)
        first = replace(mark, version=1)
        self._row(MarkRow, first).save(force_insert=True)
        return first

    def _update(self, row: MarkRow, mark: Mark) -> Mark:
        written = replace(mark, version=row.version + 1)
        MarkRow.objects.filter(pk=row.pk).update(**_values(written))
        return written

    def _row(self, model: type[Row], mark: Mark) -> Row:
        return model(
            institution=self.institution, session_id=mark.session_id, student_id=mark.student_id, **_values(mark)
        )


def _values(mark: Mark) -> dict[str, Any]:
    """A mark's columns."""
    own = {name: getattr(mark, name) for name in _OWN}
    return own | (asdict(mark.evidence) if mark.evidence else _NO_EVIDENCE)


def _mark(row: MarkFields) -> Mark:
    """A row as the domain's value."""
    own: dict[str, Any] = {name: getattr(row, name) for name in _OWN}
    own |= {"status": Status(row.status), "source": Source(row.source)}
    has_evidence = row.capture_id is not None
    return Mark(
        session_id=row.session_id,
        course_id=row.session.course_id,
        student_id=row.student_id,
        held_at=row.session.starts_at,
        evidence=Evidence(**{name: getattr(row, name) for name in _NO_EVIDENCE}) if has_evidence else None,
        **own,
    )
