"""Selectors of notices for the office: what guardians were told, and what became of it."""

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import Institution
from attendance.models import AbsenceNotice, NoticePolicy

State = AbsenceNotice.State
_TELLING_FIRST = (State.FAILED, State.UNKNOWN, State.SENT, State.WAITING, State.OFF, State.DROPPED)
_COLOURS = {State.SENT: "P", State.WAITING: "N", State.FAILED: "A", State.UNKNOWN: "Q"}


@dataclass(frozen=True, slots=True)
class Told:
    """Outcome of a student's notices of a day, in one state: the one that somebody has to look after goes first.

    at: when the last one was settled. replied: a guardian gave a reason by the mail's link.
    """

    state: State
    at: datetime | None
    replied: bool

    @property
    def label(self) -> str:
        return str(self.state.label)

    @property
    def css(self) -> str:
        """The class of its pill in site.css."""
        return _COLOURS.get(self.state, "N")


def notice_policy_of(institution: Institution) -> NoticePolicy:
    """The school's choice; an unsaved one, switched off, where it has not chosen."""
    found = NoticePolicy.objects.for_institution(institution).first()
    return found or NoticePolicy(institution=institution)


def is_telling(institution: Institution) -> bool:
    """True if the school tells guardians of absences. One query."""
    return NoticePolicy.objects.for_institution(institution).filter(is_on=True).exists()


def told_of_day(institution: Institution, day: date, students: Collection[UUID] | None = None) -> dict[UUID, Told]:
    """The notices of each student's absences on a day of the school's calendar. One query.

    A student without an entry: there is nobody to tell, the wait is not over, or the school tells nobody.
    """
    rows = AbsenceNotice.objects.for_institution(institution).filter(day=day)
    if students is not None:
        rows = rows.filter(student__in=students)
    by_student: dict[UUID, list[AbsenceNotice]] = defaultdict(list)
    for row in rows:
        by_student[row.student_id].append(row)
    return {pk: _told(notices) for pk, notices in by_student.items()}


def recent_notices(institution: Institution, state: str = "") -> QuerySet[AbsenceNotice]:
    """The school's notices, newest first; those in one state, unless it is empty or unknown."""
    rows = AbsenceNotice.objects.for_institution(institution).select_related("guardian", "student", "session__course")
    if state in State.values:
        rows = rows.filter(state=state)
    return rows.order_by("-created_at", "pk")


def notice_counts(institution: Institution, day: date) -> Counter[str]:
    """Numbers of a day's notices by state. One query."""
    rows = AbsenceNotice.objects.for_institution(institution).filter(day=day).order_by()
    return Counter(rows.values_list("state", flat=True))


def _told(notices: list[AbsenceNotice]) -> Told:
    states = {State(each.state) for each in notices}
    settled = [each.settled_at for each in notices if each.settled_at]
    return Told(
        state=next(state for state in _TELLING_FIRST if state in states),
        at=max(settled, default=None),
        replied=any(each.replied_at for each in notices),
    )
