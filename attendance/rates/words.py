"""The definition of a rate as pages say it, under the figures."""

from django.utils.translation import gettext, ngettext

from attendance.domain.rates import LEAST_LESSONS, RatePolicy


def definition(policy: RatePolicy) -> str:
    """The school's definition in one line, such as "Late counts as attended, excused as missed." """
    if policy.late_is_attended:
        first = (
            gettext("Late counts as attended, excused as missed.")
            if policy.excused_counts
            else gettext("Late counts as attended; excused lessons are left out.")
        )
    else:
        first = (
            gettext("Late and excused count as missed.")
            if policy.excused_counts
            else gettext("Late counts as missed; excused lessons are left out.")
        )
    scope = gettext("Only lessons with a closed register count, from %(n)d lessons on.") % {"n": LEAST_LESSONS}
    return f"{first} {scope}"


def too_few(counted: int) -> str:
    """The words in place of a rate that there is not yet."""
    return ngettext("%(n)d lesson so far", "%(n)d lessons so far", counted) % {"n": counted}
