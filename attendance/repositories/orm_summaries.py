"""Summaries of closed sessions in the portal's own database. A day's tally is their sum, computed when it is read."""

from collections.abc import Sequence
from datetime import date

from django.db import IntegrityError, transaction
from django.db.models import Count, Sum

from accounts.models import Institution
from attendance.domain.marks import Closing, DayTally
from attendance.domain.statuses import SETTABLE, Status
from attendance.models import SessionSummary

_COLUMNS = {status: status.name.lower() for status in SETTABLE}


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


def summaries_tally(institution: Institution, day: date) -> DayTally:
    """The sum of a day's summaries."""
    rows = SessionSummary.objects.for_institution(institution).filter(day=day)
    sums = rows.aggregate(sessions=Count("pk"), **{column: Sum(column) for column in _COLUMNS.values()})
    counts = {status: sums[column] for status, column in _COLUMNS.items() if sums[column]}
    return DayTally(sums["sessions"], {Status(status): n for status, n in counts.items()})


def summaries_delete(institution: Institution, days: Sequence[date]) -> None:
    """Delete the summaries of these days."""
    SessionSummary.objects.for_institution(institution).filter(day__in=days).delete()
