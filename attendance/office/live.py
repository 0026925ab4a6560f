"""The version of the office's day, which its open pages compare."""

import hashlib
from datetime import datetime

from django.db.models import Count, Max, Q, QuerySet, Sum
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

_SESSION = ("pk", "state", "starts_at", "ends_at", "room", "closed_at", "changed_at")


def day_version(institution: Institution, *, at: datetime | None = None) -> str:
    """A hash, 16 hex digits, of what the page of the day at an instant (default: now) shows. Eight queries.

    Marks have a number of their own, since they may be kept elsewhere; the minute is in it, since lines count minutes.
    What is not, such as a corrected telephone number, comes with the whole page that is asked for now and then.
    """
    at = at or timezone.now()
    day = timezone.localdate(at, institution.zone)
    sessions = ClassSession.objects.for_institution(institution).filter(local_date=day)
    marks = RegisterVersion.objects.filter(institution=institution, session_id__in=sessions.order_by().values("pk"))
    entries = DeskEntry.objects.for_institution(institution).filter(day=day)
    reminders = RegisterReminder.objects.for_institution(institution).filter(session__in=sessions)
    covers = Q(first_day__lte=day, last_day__gte=day)
    parts = (
        int(at.timestamp() // 60),
        list(sessions.order_by("pk").values_list(*_SESSION)),
        marks.aggregate(n=Sum("number")),
        entries.aggregate(n=Count("pk"), undone=Count("undone_at")),
        reminders.aggregate(n=Count("pk"), last=Max("sent_at")),
        _by_state(AbsenceNotice.objects.for_institution(institution).filter(day=day)),
        _by_state(Excuse.objects.for_institution(institution).filter(covers | Q(state=Excuse.State.WAITING))),
        _by_state(Dispute.objects.for_institution(institution).filter(state=Dispute.State.WAITING)),
        list(DayOff.objects.for_institution(institution).filter(covers).order_by("pk").values_list("pk", "name")),
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def _by_state(rows: QuerySet) -> list[tuple[str, int, datetime]]:
    return list(rows.order_by("state").values_list("state").annotate(n=Count("pk"), last=Max("created_at")))
