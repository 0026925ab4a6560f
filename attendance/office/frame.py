"""Context of the page of the office's day: the day, its forms, and what waits."""

from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Institution
from attendance.lessons.timetable import sessions_plan
from attendance.models import Excuse
from attendance.office.forms import DeskForm, LeavingForm
from attendance.office.page import SHOWN, OfficeDay, read_office_day
from attendance.office.todo import waiting_of


def office_context(
    institution: Institution, *, late: DeskForm | None = None, leaving: LeavingForm | None = None
) -> dict[str, Any]:
    """The page's context; late, leaving: forms that were sent and are shown again. Raises StoreUnavailable."""
    today = timezone.localdate(timezone=institution.zone)
    sessions_plan(institution=institution, day=today)
    day = read_office_day(institution)
    clock = timezone.localtime(day.school_day.at, institution.zone)
    return {
        "day": day,
        "clock": clock,
        "lesson_words": _lesson_words(day),
        "late": late or DeskForm(institution=institution, prefix="late", initial={"at": clock.time()}),
        "leaving": leaving or LeavingForm(institution=institution, prefix="leaving", initial={"at": clock.time()}),
        "kinds": Excuse.Kind.choices,
        "shown": f":{SHOWN}",
        "rest": f"{SHOWN}:",
        "most": SHOWN,
        "waiting": waiting_of(institution, today),
    }


def _lesson_words(day: OfficeDay) -> str:
    """The lesson that runs, in words, else when the next ones begin."""
    at, sessions = day.school_day.at, day.school_day.sessions
    running = [session for session in sessions if session.starts_at <= at < session.ends_at]
    if running:
        return _("lesson since %s") % date_format(timezone.localtime(running[0].starts_at), "H:i")
    coming = [session for session in sessions if session.starts_at > at]
    if coming:
        return _("next lesson %s") % date_format(timezone.localtime(coming[0].starts_at), "H:i")
    return _("no more lessons today") if sessions else ""
