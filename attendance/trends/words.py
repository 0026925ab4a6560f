"""Findings of the figures, each as one sentence."""

from collections.abc import Mapping
from datetime import date, time
from uuid import UUID

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from attendance.domain.trends import FEW, Share, Trends
from attendance.models import Weekday
from attendance.trends.figures import Timeliness


def percent(value: float | None) -> str:
    """A share as people read it, such as 93.1 %; a dash where there is none."""
    return "–" if value is None else _("%(number)s %%") % {"number": number_format(value, 1)}


def points(difference: float) -> str:
    """A difference of shares, such as "up 0.4 points"."""
    number = number_format(abs(difference), 1)
    if abs(difference) < 0.05:
        return _("unchanged")
    return _("up %s points") % number if difference > 0 else _("down %s points") % number


def group_name(name: str) -> str:
    """A group's name; of the small ones together, that they are so."""
    return _("Smaller groups together") if name == FEW else name


def change_in_words(now: float | None, then: float | None) -> str:
    """A figure against the one before it; empty where one of them is missing."""
    return "" if now is None or then is None else points(now - then)


def week_finding(weeks: Mapping[date, Share]) -> str:
    """The latest week against the best of the term."""
    known = {monday: share.percent for monday, share in weeks.items() if share.percent is not None}
    if len(known) < 2:
        return _("There is one week so far. From the second on you see whether attendance rises or falls.")
    days = list(known)
    last, before = known[days[-1]], known[days[-2]]
    worst = min(days, key=lambda day: known[day])
    return _("%(percent)s in the latest week, %(points)s on the week before. The lowest was the week of %(day)s.") % {
        "percent": percent(last), "points": points(last - before), "day": date_format(worst, "j F"),
    }  # fmt: skip


def cell_finding(cells: Mapping[tuple[int, time], Share], then: Mapping[tuple[int, time], Share]) -> str:
    """The weekday and hour at which most are missing, and how many did in the term before."""
    known = {key: share.missing for key, share in cells.items() if share.missing is not None}
    if not known:
        return _("Too few students yet to say when they are missing.")
    worst = max(known, key=lambda key: known[key])
    said = _("%(day)s at %(time)s: %(percent)s missing, more than at any other time.") % {
        "day": Weekday(worst[0]).label, "time": f"{worst[1]:%H:%M}", "percent": percent(known[worst]),
    }  # fmt: skip
    return said + _before(then[worst].missing if worst in then else None)


def group_finding(now: Trends, then: Trends | None) -> str:
    """The group that lost most against the term before; without one the group that is there least."""
    known = {name: share.percent for name, share in now.groups.items() if share.percent is not None}
    if not known:
        return _("No group can be shown by itself: that would tell figures of fewer than ten students.")
    changes = {
        name: value - before
        for name, value in known.items()
        if then and name in then.groups and (before := then.groups[name].percent) is not None
    }
    if changes and (lost := min(changes.values())) < -0.05:
        name = min(changes, key=lambda name: changes[name])
        return _("%(group)s has lost the most: %(points)s points.") % {
            "group": group_name(name), "points": number_format(-lost, 1),
        }  # fmt: skip
    worst = min(known, key=lambda name: known[name])
    return _("%(group)s is there least: %(percent)s.") % {"group": group_name(worst), "percent": percent(known[worst])}


def course_finding(courses: Mapping[UUID, Share], names: Mapping[UUID, str], then: Mapping[UUID, Share]) -> str:
    """The course that is attended least, and how much it was in the term before."""
    known = {pk: share.percent for pk, share in courses.items() if share.percent is not None and pk in names}
    if not known:
        return _("No course can be shown by itself: that would tell figures of fewer than ten students.")
    worst = min(known, key=lambda pk: known[pk])
    said = _("Least attended: %(course)s, %(percent)s.") % {"course": names[worst], "percent": percent(known[worst])}
    return said + _before(then[worst].percent if worst in then else None)


def _before(value: float | None) -> str:
    """The same share in the term before, as a sentence to follow; empty where there is none."""
    return "" if value is None else " " + _("In the term before: %s.") % percent(value)


def register_finding(weeks: Mapping[date, Timeliness]) -> str:
    """The share of registers closed by the end of the lesson, in the latest week and in the first."""
    known = [each.percent for each in weeks.values() if each.percent is not None]
    if not known:
        return _("No lesson is over yet.")
    if len(known) == 1:
        return _("%s of the registers are closed by the end of the lesson.") % percent(known[0])
    return _("%(now)s of the registers are closed by the end of the lesson; %(then)s in the first week.") % {
        "now": percent(known[-1]), "then": percent(known[0]),
    }  # fmt: skip
