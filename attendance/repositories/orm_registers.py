"""Registers for reports from the portal's own database: its marks read as columns, in two queries however many."""

from collections import defaultdict
from collections.abc import Collection
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, Case, QuerySet, Value, When

from accounts.models import Institution
from attendance.domain.marks import BriefMark, MarkOfDay, Register, StudentMark
from attendance.domain.statuses import Source, Status
from attendance.models import MarkRow, SessionSummary

_IS_NOTED = Case(When(note="", then=Value(False)), default=Value(True), output_field=BooleanField())
_BRIEF = ("status", "code", "source", "minutes_late", "is_noted")
_STATUSES = {status.value: status for status in Status}  # a lookup is several times quicker than the enum's own
_SOURCES = {source.value: source for source in Source}


def registers(
    institution: Institution, since: datetime | None, *, courses: Collection[UUID], first: date, last: date
) -> list[Register]:
    """Closed registers of these courses on these days, of lessons from `since` on, oldest first."""
    closed = SessionSummary.objects.for_institution(institution).filter(day__range=(first, last))
    closed = closed.filter(session__course_id__in=courses)
    if since:
        closed = closed.filter(session__starts_at__gte=since)
    heads = closed.order_by("session__starts_at", "session_id").values_list(
        "session_id", "session__course_id", "day", "session__starts_at"
    )
    marks = _marks(institution, closed)
    return [
        Register(session_id, course_id, day, held_at.astimezone(UTC), marks[session_id])
        for session_id, course_id, day, held_at in heads
        if session_id in marks
    ]


def marks_of_sessions(rows: QuerySet[MarkRow], session_ids: Collection[UUID]) -> dict[UUID, dict[UUID, MarkOfDay]]:
    """Those of these marks that are of the sessions, by session and student: one query."""
    found: dict[UUID, dict[UUID, MarkOfDay]] = {session_id: {} for session_id in session_ids}
    marks = rows.filter(session_id__in=found).exclude(status=Status.NONE)
    columns = marks.values_list("session_id", "student_id", *MarkOfDay._fields)
    for session_id, student_id, status, source, *rest in columns:
        found[session_id][student_id] = MarkOfDay(_STATUSES[status], _SOURCES[source], *rest)
    return found


def student_marks(rows: QuerySet[MarkRow]) -> list[StudentMark]:
    """These marks of a student in brief, oldest session first, without those that were taken back."""
    found = _in_brief(rows).order_by("session__starts_at", "session_id")
    columns = found.values_list("session_id", "session__course_id", "session__starts_at", *_BRIEF)
    return [
        StudentMark(session_id, course_id, held_at.astimezone(UTC), _brief(brief))
        for session_id, course_id, held_at, *brief in columns
    ]


def _marks(institution: Institution, closed: QuerySet[SessionSummary]) -> dict[UUID, dict[UUID, BriefMark]]:
    """The marks of closed sessions by session and student."""
    rows = MarkRow.objects.for_institution(institution).filter(session_id__in=closed.values("session_id"))
    marks: dict[UUID, dict[UUID, BriefMark]] = defaultdict(dict)
    for session_id, student_id, *brief in _in_brief(rows).values_list("session_id", "student_id", *_BRIEF):
        marks[session_id][student_id] = _brief(brief)
    return marks


def _in_brief(rows: QuerySet[MarkRow]) -> QuerySet[MarkRow]:
    return rows.exclude(status=Status.NONE).annotate(is_noted=_IS_NOTED)


def _brief(columns: list[Any]) -> BriefMark:
    status, code, source, minutes_late, is_noted = columns
    return BriefMark(_STATUSES[status], code, _SOURCES[source], minutes_late, is_noted)
