"""The definition of a rate as pages say it, under the figures."""

from django.utils.translation import gettext

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
    scope = gettext("Only closed registers count, and a rate is shown from %(n)d lessons on.") % {"n": LEAST_LESSONS}
    return f"{first} {scope}"
