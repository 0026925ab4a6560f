"""The version of the office's day, which its open pages compare."""

import hashlib
from datetime import datetime
from typing import Any

from django.db.models import CharField, Count, DateTimeField, F, IntegerField, Max, Q, QuerySet, Sum, Value
from django.db.models.functions import Cast
from django.utils import timezone

from accounts.models import Institution
from attendance.models import (
    AbsenceNotice,
    ClassSession,
    DayOff,
    DeskEntry,
    Dispute,
    Excuse,
    RegisterReminder,
    RegisterVersion,
)

_NO_TEXT, _NO_NUMBER = Value("", CharField()), Value(0, IntegerField())
_NO_TIME = Cast(Value(None), DateTimeField())
# The columns of every part, so that one query reads all of them.
_COLUMNS: dict[str, Any] = {
    "of_key": _NO_TEXT, "of_state": _NO_TEXT, "of_name": _NO_TEXT, "of_number": _NO_NUMBER, "of_other": _NO_NUMBER,
    "of_first": _NO_TIME, "of_last": _NO_TIME, "of_closed": _NO_TIME, "of_changed": _NO_TIME,
}  # fmt: skip


def day_version(institution: Institution, *, at: datetime | None = None) -> str:
    """A hash, 16 hex digits, of what the page of the day at an instant (default: now) shows. One query.

    Marks have a number of their own, since they may be kept elsewhere; the minute is in it, since lines count minutes.
    What is not, such as a corrected telephone number, comes with the whole page that is asked for now and then.
    """
    at = at or timezone.now()
    first, *rest = _parts(institution, timezone.localdate(at, institution.zone))
    rows = sorted(first.union(*rest, all=True), key=repr)
    return hashlib.sha256(repr((int(at.timestamp() // 60), rows)).encode()).hexdigest()[:16]


def _parts(institution: Institution, day: Any) -> list[QuerySet[Any, Any]]:
    """Parts of the version by kind: rows themselves, or their number and the time of the latest."""
    sessions = ClassSession.objects.for_institution(institution).filter(local_date=day).order_by()
    marks = RegisterVersion.objects.filter(institution=institution, session_id__in=sessions.values("pk"))
    reminders = RegisterReminder.objects.for_institution(institution).filter(session__in=sessions)
    covers = Q(first_day__lte=day, last_day__gte=day)
    excuses = Excuse.objects.for_institution(institution).filter(covers | Q(state=Excuse.State.WAITING))
    disputes = Dispute.objects.for_institution(institution).filter(state=Dispute.State.WAITING)
    key = Cast("pk", CharField())
    own = {"of_first": F("starts_at"), "of_last": F("ends_at"), "of_closed": F("closed_at")}
    return [
        _part(
            "session", sessions, of_key=key, of_state=F("state"), of_name=F("room"), of_changed=F("changed_at"), **own
        ),
        _part("day off", DayOff.objects.for_institution(institution).filter(covers), of_key=key, of_name=F("name")),
        _part("marks", marks, of_number=Sum("number")),
        _part(
            "desk",
            DeskEntry.objects.for_institution(institution).filter(day=day),
            of_number=Count("pk"),
            of_other=Count("undone_at"),
        ),
        _part("reminders", reminders, of_number=Count("pk"), of_last=Max("sent_at")),
        _by_state("notices", AbsenceNotice.objects.for_institution(institution).filter(day=day)),
        _by_state("excuses", excuses),
        _by_state("disputes", disputes),
    ]


def _by_state(kind: str, rows: QuerySet[Any]) -> QuerySet[Any, Any]:
    return _part(kind, rows, of_state=F("state"), of_number=Count("pk"), of_last=Max("created_at"))


def _part(kind: str, rows: QuerySet[Any], **columns: Any) -> QuerySet[Any, Any]:
    """Rows of one kind with the columns of all."""
    columns = {"of_kind": Value(kind, CharField())} | _COLUMNS | columns
    sums = {name for name, column in columns.items() if getattr(column, "contains_aggregate", False)}
    plain = {name: column for name, column in columns.items() if name not in sums}
    grouped = rows.order_by().values(**plain).annotate(**{name: columns[name] for name in sums})
    return grouped.values_list(*columns)
