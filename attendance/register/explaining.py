"""Explained absences: those for which somebody has given a reason that the school has not refused."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date
from uuid import UUID

from accounts.models import Institution
from attendance.domain.excuses import reason_for
from attendance.lessons.hours import lesson_time
from attendance.models import ClassSession, Excuse

STANDING = (Excuse.State.WAITING, Excuse.State.ACCEPTED)


class Explanations:
    """Reasons for absences, by student. Asking it costs no query."""

    def __init__(self, excuses: Iterable[Excuse]) -> None:
        self._by_student: dict[UUID, list[Excuse]] = defaultdict(list)
        for excuse in excuses:
            self._by_student[excuse.student_id].append(excuse)

    def of(self, student_id: UUID, session: ClassSession) -> Excuse | None:
        """The reason for a student's absence from a lesson; None: unexplained. An accepted one before a waiting one.

        The session's institution is to be loaded with it (`select_related`).
        """
        return reason_for(self._by_student.get(student_id, ()), lesson_time(session))


def explanations_of(
    institution: Institution, *, first: date, last: date, students: Collection[UUID] | None = None
) -> Explanations:
    """The reasons for absences on these days of the school's calendar, both included: one query.

    students: None for all. Accepted reasons and those that wait for a decision; not those refused or taken back.
    """
    excuses = Excuse.objects.for_institution(institution).filter(
        state__in=STANDING, first_day__lte=last, last_day__gte=first
    )
    return Explanations(excuses if students is None else excuses.filter(student__in=students))
