"""One day of a student: its lessons with their marks, and what the reader may do with each."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from accounts.models import Membership
from attendance.domain.marks import Mark
from attendance.domain.statuses import Status
from attendance.history.correcting import may_correct
from attendance.lessons.selectors import sessions_visible_to
from attendance.models import ClassSession, RosterEntry
from attendance.register.page import names_of
from attendance.register.status_codes import SchoolStatuses, ShownStatus, statuses_of
from attendance.reports.courses import EMPTY_OF, taken_of
from attendance.reports.matrix import Empty
from attendance.repositories import marks_for
from enrollment.models import Enrollment, Student


@dataclass(frozen=True, slots=True)
class DayLesson:
    """A lesson of the day. mark, said: None where there is no mark, for the reason `empty`. actor: who gave it.

    may_open: the reader may open the mark's history; may_correct: and correct the mark.
    """

    session: ClassSession
    mark: Mark | None
    said: ShownStatus | None
    empty: Empty
    actor: str
    is_guest: bool
    may_open: bool
    may_correct: bool


def student_day(student: Student, day: date, *, by: Membership, sees_all: bool) -> list[DayLesson]:
    """The lessons of a day with the student on their register or course, earliest first. Raises StoreUnavailable.

    sees_all: of all courses; else of those alone that the reader may work with. Six queries, and the store's.
    """
    held = _lessons(student, day)
    visible = set(sessions_visible_to(by).filter(pk__in=[each.pk for each in held]).values_list("pk", flat=True))
    sessions = [each for each in held if sees_all or each.pk in visible]
    entries = dict(
        RosterEntry.objects.for_institution(student.institution)
        .filter(student=student, session__in=sessions)
        .values_list("session_id", "is_guest")
    )
    marks = _marks(student, sessions)
    actors, codes = names_of(mark.actor_id for mark in marks.values()), statuses_of(student.institution)
    return [
        _line(each, marks.get(each.pk), codes, actors, entries, by if each.pk in visible else None) for each in sessions
    ]


def _lessons(student: Student, day: date) -> Sequence[ClassSession]:
    on_course = Enrollment.objects.filter(student=student, course=OuterRef("course"))
    on_register = RosterEntry.objects.filter(student=student, session=OuterRef("pk"))
    rows = ClassSession.objects.for_institution(student.institution).filter(local_date=day)
    planned = Q(Exists(on_course)) & Q(state__in=[ClassSession.State.SCHEDULED, ClassSession.State.CANCELLED])
    return list(
        rows.filter(planned | Q(Exists(on_register)))
        .select_related("course", "institution")
        .order_by("starts_at", "pk")
    )


def _marks(student: Student, sessions: Collection[ClassSession]) -> dict[UUID, Mark]:
    """The student's mark in each of these lessons that has one, cancelled lessons left aside."""
    held = [each.pk for each in sessions if each.state != ClassSession.State.CANCELLED]
    marks = marks_for(student.institution).student_marks_in(student.pk, held) if held else {}
    return {pk: mark for pk, mark in marks.items() if mark.status is not Status.NONE}


def _line(
    session: ClassSession,
    mark: Mark | None,
    codes: SchoolStatuses,
    actors: dict[UUID | None, str],
    entries: dict[UUID, bool],
    by: Membership | None,
) -> DayLesson:
    """by: the reader, None where they may not work with the lesson."""
    is_on_register = session.pk in entries
    return DayLesson(
        session=session,
        mark=mark,
        said=codes.of_mark(mark) if mark else None,
        empty=EMPTY_OF[taken_of(session)],
        actor=actors.get(mark.actor_id, "") if mark else "",
        is_guest=entries.get(session.pk, False),
        may_open=by is not None and is_on_register,
        may_correct=by is not None and is_on_register and may_correct(session, by),
    )
