"""Arrivals after the grace period: asked about once a lesson, and turned to present in one act."""

from dataclasses import replace
from datetime import datetime

from django.utils import timezone

from accounts.models import User
from attendance.domain.marks import Mark
from attendance.domain.statuses import Source, Status, arrival
from attendance.models import ClassSession
from attendance.register.marks import require_open
from attendance.repositories import marks_for
from attendance.repositories.base import MarkChanged


def arrival_in(session: ClassSession, seen_at: datetime) -> tuple[Status, int]:
    """Status and minutes late of somebody seen at a lesson; present where the teacher said that late is present."""
    if session.late_counts is False:
        return Status.PRESENT, 0
    return arrival(seen_at=seen_at, starts_at=session.starts_at, grace_minutes=session.grace_minutes)


def late_by_machine(mark: Mark | None) -> bool:
    """True for a mark that a clock made late, not a person."""
    return mark is not None and mark.status is Status.LATE and mark.source.is_unattended


def late_decide(*, session: ClassSession, counts: bool, by: User) -> int:
    """Answer whether arriving after the grace period is late in this lesson; returns how many marks became present.

    Marks that people made stay, and one that somebody changes at the same moment is theirs. The answer holds for later
    photos too. Safe to repeat. Raises SessionNotOpen, SessionClosed, LessonCancelled, StoreUnavailable.
    """
    require_open(session)
    ClassSession.objects.filter(pk=session.pk).update(late_counts=counts)
    if counts:
        return 0
    store = marks_for(session.institution)
    late = [mark for mark in store.for_session(session.pk).values() if late_by_machine(mark)]
    return sum(_made_present(session, mark, by) for mark in late)


def _made_present(session: ClassSession, mark: Mark, by: User) -> bool:
    present = replace(
        mark, status=Status.PRESENT, source=Source.HAND, minutes_late=0, marked_at=timezone.now(), actor_id=by.pk
    )
    try:
        marks_for(session.institution).correct(present, expected_version=mark.version)
    except MarkChanged:
        return False
    return True
