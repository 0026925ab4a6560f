"""Selectors of excuses: whose they are to decide, and those of one student."""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import Membership, Role
from attendance.lessons.selectors import sessions_visible_to
from attendance.models import Excuse
from enrollment.models import GroupPlace, Student

LATELY = timedelta(days=14)  # in which a decision can be taken back on the page of decisions


def excuses_decidable(membership: Membership) -> QuerySet[Excuse]:
    """Excuses that a member of staff may decide: an administrator all; a tutor those of the group's students.

    And a teacher those for one lesson of theirs. Oldest first.
    """
    excuses = Excuse.objects.for_institution(membership.institution).select_related(
        "institution", "student", "session__course", "session__institution", "decided_by"
    )
    if membership.role != Role.ADMIN:
        tutored = GroupPlace.objects.for_institution(membership.institution).filter(
            group__tutor=membership, group__is_active=True, student=OuterRef("student")
        )
        theirs = Q(session__in=sessions_visible_to(membership).order_by().values("pk"))
        excuses = excuses.filter(Exists(tutored) | theirs)
    return excuses.order_by("created_at", "pk")


def excuses_to_decide(membership: Membership) -> QuerySet[Excuse]:
    """Those of them that wait."""
    return excuses_decidable(membership).filter(state=Excuse.State.WAITING)


def excuses_decided_lately(membership: Membership) -> QuerySet[Excuse]:
    """Those of them that were decided in the last two weeks, the latest first."""
    since = timezone.now() - LATELY
    decided = excuses_decidable(membership).filter(decided_at__gte=since)
    return decided.filter(state__in=[Excuse.State.ACCEPTED, Excuse.State.REFUSED]).order_by("-decided_at")


def excuses_of(student: Student) -> QuerySet[Excuse]:
    """A student's excuses, the latest days first, without those that were taken back."""
    excuses = Excuse.objects.for_institution(student.institution).filter(student=student)
    return excuses.exclude(state=Excuse.State.WITHDRAWN).select_related("session__course", "institution")


def students_tutored(membership: Membership, among: Collection[UUID]) -> set[UUID]:
    """Those of the students who are in a group of which the member is the tutor."""
    places = GroupPlace.objects.for_institution(membership.institution).filter(
        group__tutor=membership, group__is_active=True, student__in=among
    )
    return set(places.values_list("student_id", flat=True))
