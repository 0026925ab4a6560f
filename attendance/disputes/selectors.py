"""Selectors of disputes: whose they are to decide, and those of one student."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Membership
from attendance.excuses.selectors import LATELY, excuses_to_decide
from attendance.lessons.selectors import sessions_visible_to
from attendance.models import Dispute
from enrollment.models import Student


def disputes_decidable(membership: Membership) -> QuerySet[Dispute]:
    """Disputes that a member of staff may decide: of marks in lessons that they may work with. Oldest first."""
    disputes = Dispute.objects.for_institution(membership.institution).select_related(
        "institution", "student", "session__course", "session__institution", "decided_by"
    )
    sessions = sessions_visible_to(membership).order_by().values("pk")
    return disputes.filter(session__in=sessions).order_by("created_at", "pk")


def disputes_to_decide(membership: Membership) -> QuerySet[Dispute]:
    """Those of them that wait."""
    return disputes_decidable(membership).filter(state=Dispute.State.WAITING)


def disputes_decided_lately(membership: Membership) -> QuerySet[Dispute]:
    """Those of them that were decided in the last two weeks, the latest first."""
    decided = disputes_decidable(membership).filter(decided_at__gte=timezone.now() - LATELY)
    return decided.filter(state__in=[Dispute.State.CORRECTED, Dispute.State.KEPT]).order_by("-decided_at")


def disputes_of_lessons(student: Student, sessions: Collection[UUID]) -> dict[UUID, Dispute]:
    """A student's latest dispute of each of these lessons' marks, without those that were taken back. One query."""
    disputes = Dispute.objects.for_institution(student.institution).filter(student=student, session__in=sessions)
    rows = disputes.exclude(state=Dispute.State.WITHDRAWN).order_by("created_at")
    return {row.session_id: row for row in rows}


def rows_to_decide(membership: Membership) -> dict[str, QuerySet[Any]]:
    """The disputes and excuses that wait for this member of staff, for counting (`numbers_of`)."""
    return {"disputes": disputes_to_decide(membership), "excuses": excuses_to_decide(membership)}
