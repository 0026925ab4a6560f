"""A school's choices about rates, read from its settings and status codes."""

from collections.abc import Iterable

from accounts.models import Institution
from attendance.domain.rates import Counting, RatePolicy
from attendance.domain.statuses import Status
from attendance.models import StatusCode


def policy_of(institution: Institution) -> RatePolicy:
    """The institution's choices: one query."""
    return policy_in(institution, StatusCode.objects.for_institution(institution))


def policy_in(institution: Institution, rows: Iterable[StatusCode]) -> RatePolicy:
    """The choices of an institution whose status codes were read already."""
    own = list(rows)
    return RatePolicy(
        late_is_attended=institution.late_is_attended,
        excused_counts=institution.excused_counts,
        threshold=institution.attendance_threshold,
        chronic_percent=institution.chronic_percent,
        codes={row.code: _counting(row) for row in own},
        kinds={row.code: Status(row.kind) for row in own if row.is_own},
    )


def _counting(row: StatusCode) -> Counting:
    if row.counts_as_attended:
        return Counting.ATTENDED
    return Counting.MISSED if row.is_counted else Counting.OUT
