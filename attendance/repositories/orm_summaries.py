"""Summaries of closed sessions in the portal's own database. A day's tally is their sum, computed when it is read."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Count, Sum

from accounts.models import Institution
from attendance.domain.marks import Closing, DayTally, Mark
from attendance.domain.statuses import SETTABLE, Status
from attendance.models import SessionSummary

_COLUMNS: dict[Status, str] = {status: status.name.lower() for status in SETTABLE}


def summary_keep(institution: Institution, closing: Closing) -> None:
    """Store the summary unless that of a later closing of the session is stored already."""
    values = {
        "day": closing.day,
        "closed_at": closing.closed_at,
        **{column: closing.counts.get(status, 0) for status, column in _COLUMNS.items()},
    }
    row = {"institution": institution, "session_id": closing.session_id}
    rows = SessionSummary.objects.for_institution(institution).filter(session_id=closing.session_id)
    try:
        with transaction.atomic():
            SessionSummary.objects.create(**row, **values)
    except IntegrityError:
        rows.filter(closed_at__lte=closing.closed_at).update(**values)


def summary_read(institution: Institution, session_id: UUID, marks: Mapping[UUID, Mark]) -> Closing | None:
    """The stored summary of a session as a closing, with these of its marks that stand."""
    rows = SessionSummary.objects.for_institution(institution).filter(session_id=session_id)
    row = rows.select_related("session").first()
    if row is None:
        return None
    counts = {status: number for status, column in _COLUMNS.items() if (number := getattr(row, column))}
    return Closing(
        session_id=session_id,
        course_id=row.session.course_id,
        day=row.day,
        counts=counts,
        closed_at=row.closed_at,
        held_at=row.session.starts_at,
        marks={student: mark for student, mark in marks.items() if mark.status is not Status.NONE},
    )


def summaries_tally(institution: Institution, day: date) -> DayTally:
    """The sum of a day's summaries."""
    rows = SessionSummary.objects.for_institution(institution).filter(day=day)
    sums = rows.aggregate(sessions=Count("pk"), **{column: Sum(column) for column in _COLUMNS.values()})
    counts = {status: sums[column] for status, column in _COLUMNS.items() if sums[column]}
    return DayTally(sums["sessions"], {Status(status): n for status, n in counts.items()})


def summaries_delete(institution: Institution, days: Sequence[date]) -> None:
    """Delete the summaries of these days."""
    SessionSummary.objects.for_institution(institution).filter(day__in=days).delete()
