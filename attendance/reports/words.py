"""Sentences of reports: a student's marks in words, as a phone shows them instead of a table."""

from collections.abc import Mapping

from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext

from attendance.domain.rates import Rate
from attendance.domain.statuses import Status
from attendance.reports.matrix import Empty, Row


def row_words(row: Row) -> str:
    """Such as "2 late · 4 absent · last absent Fri 20 Nov", or that the student was present in every lesson."""
    parts = marks_words(row.rate)
    if not parts and row.rate.marks:
        parts = [gettext("Present in every lesson")]
    if row.last_absent:
        parts.append(gettext("last absent %(day)s") % {"day": date_format(row.last_absent, "D j M")})
    if row.joined:
        parts.append(gettext("joined %(day)s") % {"day": date_format(row.joined, "j M")})
    if row.left:
        parts.append(gettext("left after %(day)s") % {"day": date_format(row.left, "j M")})
    return " · ".join(parts) or gettext("No mark yet")


def marks_words(rate: Rate) -> list[str]:
    """The marks that are not present, each kind with its number."""
    counts = rate.counts
    said = [
        (Status.LATE, ngettext("%d late", "%d late", counts.get(Status.LATE, 0))),
        (Status.ABSENT, ngettext("%d absent", "%d absent", counts.get(Status.ABSENT, 0))),
        (Status.EXCUSED, ngettext("%d excused", "%d excused", counts.get(Status.EXCUSED, 0))),
        (Status.LEFT_EARLY, ngettext("%d left early", "%d left early", counts.get(Status.LEFT_EARLY, 0))),
    ]
    return [words % counts[status] for status, words in said if counts.get(status)]


SIGNS: Mapping[Empty, str] = {
    Empty.TO_CONFIRM: "?",
    Empty.UNMARKED: "·",
    Empty.NOT_TAKEN: "○",
    Empty.CANCELLED: "–",
    Empty.AWAY: "",
}


def empty_word(empty: Empty) -> str:
    """The word of an empty cell."""
    return {
        Empty.TO_CONFIRM: gettext("to confirm"),
        Empty.UNMARKED: gettext("not marked yet"),
        Empty.NOT_TAKEN: gettext("register not taken"),
        Empty.CANCELLED: gettext("lesson cancelled"),
        Empty.AWAY: gettext("not on the course"),
    }[empty]
