"""Students who join or leave a course while its register is open: shown, and taken over in one act."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from accounts.models import User
from attendance.lessons.selectors import session_held
from attendance.models import ClassSession, RosterEntry
from attendance.register.marks import require_open
from attendance.repositories import marks_for
from enrollment.models import Enrollment, Student


@dataclass(frozen=True, slots=True)
class RosterChanges:
    """Differences between an open register and its course now. left: without those who have a mark."""

    joined: tuple[Student, ...] = ()
    left: tuple[Student, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.joined or self.left)


def roster_changes(session: ClassSession, marked: Collection[UUID]) -> RosterChanges:
    """Students who joined the course since the register was opened, and those on it who left. Nothing unless open.

    marked: the students with a mark, who stay on the register. One query.
    """
    return _changes(session, marked) if session.is_open else RosterChanges()


def _changes(session: ClassSession, marked: Collection[UUID]) -> RosterChanges:
    on_course = Enrollment.objects.filter(course=session.course, student=OuterRef("pk"), student__is_active=True)
    on_register = RosterEntry.objects.filter(session=session, student=OuterRef("pk"))
    changed = (
        Student.objects.for_institution(session.institution)
        .annotate(is_on_course=Exists(on_course))
        .filter(
            Q(Exists(on_course)) & ~Q(Exists(on_register))
            | ~Q(Exists(on_course)) & Q(Exists(on_register.filter(is_guest=False)))
        )
    )
    students = list(changed)
    return RosterChanges(
        joined=tuple(student for student in students if student.is_on_course),
        left=tuple(student for student in students if not student.is_on_course and student.pk not in marked),
    )


def roster_follow(*, session: ClassSession, by: User) -> RosterChanges:
    """Take over who joined the course and who left it without a mark; returns what was changed. Safe to repeat.

    Raises SessionNotOpen, SessionClosed, LessonCancelled, StoreUnavailable.
    """
    require_open(session)
    marked = marks_for(session.institution).for_session(session.pk)
    with transaction.atomic():
        session_held(session.pk)
        changes = roster_changes(session, marked)
        RosterEntry.objects.bulk_create(
            [
                RosterEntry(institution=session.institution, session=session, student=student, added_by=by)
                for student in changes.joined
            ],
            ignore_conflicts=True,
        )
        _remove(session, changes.left)
    return changes


def roster_drop_leavers(*, session: ClassSession, marked: Collection[UUID]) -> None:
    """Remove those who left the course without a mark from a register that is being closed: they are not absent."""
    _remove(session, _changes(session, marked).left)


def _remove(session: ClassSession, students: Iterable[Student]) -> None:
    entries = RosterEntry.objects.for_institution(session.institution).filter(session=session, is_guest=False)
    entries.filter(student__in=list(students)).delete()
