"""Statements of families on a student's page: what waits for the visitor's decision, and reasons for absences."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from accounts.models import Membership
from attendance.disputes.cards import Card, cards_of
from attendance.disputes.selectors import disputes_to_decide
from attendance.excuses.selectors import excuses_of, excuses_to_decide
from attendance.models import ClassSession, Excuse
from attendance.register.explaining import explanations_of
from enrollment.models import Student

MOST = 10


@dataclass(frozen=True, slots=True)
class Statements:
    """disputes, waiting: for the visitor to decide. excuses: the latest; None: not for this visitor."""

    disputes: list[Card]
    waiting: list[Excuse]
    excuses: list[Excuse] | None


def statements_about(student: Student, *, by: Membership, sees_all: bool) -> Statements:
    """The statements about a student. Raises StoreUnavailable."""
    return Statements(
        disputes=cards_of(list(disputes_to_decide(by).filter(student=student)[:MOST])),
        waiting=list(excuses_to_decide(by).filter(student=student)[:MOST]),
        excuses=list(excuses_of(student).exclude(state=Excuse.State.WAITING)[:MOST]) if sees_all else None,
    )


def explained_among(student: Student, sessions: Collection[UUID]) -> set[UUID]:
    """Those of these lessons for which somebody has given a reason that was not refused. Two queries."""
    held = list(ClassSession.objects.filter(pk__in=sessions).select_related("institution"))
    if not held:
        return set()
    days = [session.local_date for session in held]
    found = explanations_of(student.institution, first=min(days), last=max(days), students=[student.pk])
    return {session.pk for session in held if found.of(student.pk, session)}
