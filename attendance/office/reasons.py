"""Reasons of today's absences as they are told on the telephone, through the school's excuses."""

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from attendance.excuses.deciding import excuse_undecide
from attendance.excuses.giving import Reason, excuse_enter, excuse_withdraw
from attendance.models import Excuse
from enrollment.models import Student


def reason_enter(*, student: Student, kind: Excuse.Kind, note: str, by: User) -> Excuse:
    """Enter the reason of today's absence: accepted, and what registers say absent today becomes excused.

    The same entered again on the same day is the first one. Raises StoreUnavailable (marks follow later).
    """
    today = timezone.localdate(timezone=student.institution.zone)
    same = reasons_entered(student).filter(first_day=today, last_day=today, kind=kind, note=note)
    if found := same.first():
        return found
    return excuse_enter(student=student, reason=Reason(kind, today, today, note=note), by=by)


def reason_undo(*, excuse: Excuse, by: User) -> None:
    """Take a reason back that the office entered; marks that nobody changed since are as before. Safe to repeat."""
    if excuse.state == Excuse.State.ACCEPTED:
        excuse_undecide(excuse=excuse, by=by)
    excuse_withdraw(excuse=excuse)


def reasons_entered(student: Student) -> QuerySet[Excuse]:
    """The student's standing reasons that the school itself entered."""
    rows = Excuse.objects.for_institution(student.institution).filter(student=student, giver=Excuse.Giver.SCHOOL)
    return rows.filter(state=Excuse.State.ACCEPTED)
