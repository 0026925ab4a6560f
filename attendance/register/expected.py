"""Absences that are known before anybody is marked: the reasons of those on an open register, as a row suggests them.

A suggestion is no mark: who comes all the same is marked present, and closing writes what was accepted.
"""

from collections.abc import Collection, Mapping
from uuid import UUID

from django.utils.formats import time_format
from django.utils.translation import gettext as _

from attendance.models import ClassSession, Excuse
from attendance.register.explaining import explanations_of


def absences_expected(session: ClassSession, students: Collection[UUID]) -> Mapping[UUID, Excuse]:
    """These students' reasons for an absence from an open lesson, accepted or waiting for a decision. One query."""
    if not session.is_open:
        return {}
    day = session.local_date
    reasons = explanations_of(session.institution, first=day, last=day, students=students)
    return {pk: excuse for pk in students if (excuse := reasons.of(pk, session))}


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
