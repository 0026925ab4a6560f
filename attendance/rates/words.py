"""The definition of a rate as pages say it, under the figures: in a line, and all of it."""

from collections import defaultdict

from django.utils.translation import gettext, ngettext

from attendance.domain.marks import MarkKey
from attendance.domain.rates import LEAST_DAYS, LEAST_LESSONS, Counting, RatePolicy
from attendance.domain.statuses import SETTABLE, Status
from attendance.register.labels import status_word

_ATTENDED, _MISSED, _OUT = Counting.ATTENDED, Counting.MISSED, Counting.OUT


def definition(policy: RatePolicy) -> str:
    """The school's definition in one line, such as "Late counts as attended, excused as missed." """
    late, excused = (policy.counting(MarkKey(kind)) for kind in (Status.LATE, Status.EXCUSED))
    usual = {
        (_ATTENDED, _MISSED): gettext("Late counts as attended, excused as missed."),
        (_ATTENDED, _OUT): gettext("Late counts as attended; excused lessons are left out."),
        (_MISSED, _MISSED): gettext("Late and excused count as missed."),
        (_MISSED, _OUT): gettext("Late counts as missed; excused lessons are left out."),
    }
    scope = gettext("Only closed registers count, and a rate is shown from %(n)d lessons on.") % {"n": LEAST_LESSONS}
    return f"{usual.get((late, excused)) or ' '.join(_by_part(policy))} {scope}"


def rules(policy: RatePolicy) -> list[str]:
    """All that makes up a rate at this school, a sentence or two each."""
    return [
        *_by_part(policy),
        gettext(
            "Cancelled lessons, registers that are not closed, and lessons before somebody joined or after they left "
            "do not count."
        ),
        gettext(
            "A term's rate is of the lessons on its days, a year's of all lessons of the year, also in courses that "
            "somebody has left. Each lesson weighs the same."
        ),
        gettext("A lesson in another course, as a guest, counts for the student and for no course."),
        gettext("Rates are rounded down: 100 %% means every lesson. Low is what is below %(mark)s %%.")
        % {"mark": policy.threshold},
        gettext(
            "Chronically absent is who missed %(share)s %% of their days or more, excused or not. A day is missed if "
            "at least half of its lessons are; it is said from %(days)d days on."
        )
        % {"share": policy.chronic_percent, "days": LEAST_DAYS},
    ]


def _by_part(policy: RatePolicy) -> list[str]:
    """The marks that count as attended, as missed, and not at all, a sentence each; the codes by their letters."""
    found: dict[Counting, list[str]] = defaultdict(list)
    for each in SETTABLE:
        found[policy.counting(MarkKey(each))].append(status_word(each))
    for code, kind in sorted(policy.kinds.items()):
        found[policy.counting(MarkKey(kind, code))].append(code)
    words = {
        _ATTENDED: ngettext("Counts as attended: %(marks)s.", "Count as attended: %(marks)s.", len(found[_ATTENDED])),
        _MISSED: ngettext("Counts as missed: %(marks)s.", "Count as missed: %(marks)s.", len(found[_MISSED])),
        _OUT: ngettext("Is left out: %(marks)s.", "Are left out: %(marks)s.", len(found[_OUT])),
    }
    return [said % {"marks": ", ".join(found[part])} for part, said in words.items() if found[part]]
