"""Absences that are known before anybody is marked: the reasons of those on an open register, as a row suggests them.

A suggestion is no mark: who comes all the same is marked present, and closing writes what was accepted.
"""

from collections.abc import Mapping
from uuid import UUID

from django.utils.formats import time_format
from django.utils.translation import gettext as _

from attendance.domain.excuses import reason_for
from attendance.lessons.hours import lesson_time
from attendance.models import ClassSession, Excuse


def absences_expected(session: ClassSession) -> Mapping[UUID, Excuse]:
    """The reason for an absence from an open lesson by student, accepted or waiting for a decision. One query."""
    if not session.is_open:
        return {}
    rows = Excuse.objects.for_institution(session.institution).filter(
        state__in=[Excuse.State.ACCEPTED, Excuse.State.WAITING],
        first_day__lte=session.local_date,
        last_day__gte=session.local_date,
    )
    by_student: dict[UUID, list[Excuse]] = {}
    for excuse in rows:
        by_student.setdefault(excuse.student_id, []).append(excuse)
    lesson = lesson_time(session)
    found = {student: reason_for(excuses, lesson) for student, excuses in by_student.items()}
    return {student: excuse for student, excuse in found.items() if excuse}


def expected_words(excuse: Excuse) -> str:
    """Such as "Excused until 11:00: appointment". Its kind, never its words: those are the tutor's and the office's."""
    when, told = _when(excuse), {"kind": excuse.get_kind_display()}
    if excuse.is_accepted:
        said = _("Excused %(when)s: %(kind)s") if when else _("Excused: %(kind)s")
    else:
        said = _("Asked to be excused %(when)s: %(kind)s") if when else _("Asked to be excused: %(kind)s")
    return said % (told | {"when": when} if when else told)


def _when(excuse: Excuse) -> str:
    begins, ends = (time_format(at, "H:i") if at else "" for at in (excuse.begins, excuse.ends))
    if begins and ends:
        return f"{begins}–{ends}"
    if ends:
        return _("until %(time)s") % {"time": ends}
    return _("from %(time)s") % {"time": begins} if begins else ""
