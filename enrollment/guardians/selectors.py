"""Selectors of guardians: the students whom one may look at, which is said here alone, and the office's lists."""

from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils import timezone

from accounts.models import Institution, Invitation, User
from accounts.names import folded
from enrollment.models import Guardian, Guardianship, Student

STATES = ("account", "invited", "to_invite", "no_address", "kept_away")


def open_relation() -> Q:
    """Of guardianships: the guardian may see the student's attendance and be told of it."""
    return Q(may_contact=True, is_barred=False, student__is_active=True)


def children_of(user: User, institution: Institution) -> QuerySet[Student]:
    """The students of a school whose attendance this account's owner may look at as a guardian, by name."""
    relations = Guardianship.objects.for_institution(institution).filter(
        open_relation(), guardian__user=user, student=OuterRef("pk")
    )
    return Student.objects.for_institution(institution).filter(Exists(relations)).order_by("name_key")


def has_open_relation(guardian: Guardian) -> bool:
    """True if there is a student about whom the guardian may be told."""
    return Guardianship.objects.filter(open_relation(), guardian=guardian).exists()


def guardians_of(students: QuerySet[Student], *, text: str = "", state: str = "") -> QuerySet[Any]:
    """Guardians of these students by name, each with `has_open`, `is_invited`, and their children at hand.

    text: part of the name or e-mail; state: one of STATES; empty: all.
    """
    relations = Guardianship.objects.filter(student__in=students.order_by().values("pk"), guardian=OuterRef("pk"))
    rows = with_account(Guardian.objects.filter(Exists(relations)))
    if text:
        rows = rows.filter(Q(name_key__contains=folded(text)) | Q(email__icontains=text))
    if state in STATES:
        rows = rows.filter(_in_state(state))
    children = Guardianship.objects.filter(student__is_active=True).select_related("student")
    rows = rows.select_related("invitation")
    return rows.prefetch_related(Prefetch("guardianships", children)).order_by("name_key", "pk")


def with_account(guardians: QuerySet[Guardian]) -> QuerySet[Any]:
    """The guardians, each with `has_open` (there is a student to see) and `is_invited` (an invitation waits)."""
    own = Guardianship.objects.filter(guardian=OuterRef("pk"))
    waiting = Invitation.objects.filter(
        guardians=OuterRef("pk"), state=Invitation.State.PENDING, expires_at__gt=timezone.now()
    )
    return guardians.annotate(has_open=Exists(own.filter(open_relation())), is_invited=Exists(waiting))


def to_invite(students: QuerySet[Student]) -> QuerySet[Any]:
    """Guardians of these students who have an address, no account and no invitation that waits."""
    return guardians_of(students, state="to_invite")


def _in_state(state: str) -> Q:
    has_none = Q(user=None)
    return {
        "account": Q(user__isnull=False),
        "invited": has_none & Q(is_invited=True),
        "to_invite": has_none & Q(is_invited=False, has_open=True) & ~Q(email=""),
        "no_address": has_none & Q(has_open=True, email=""),
        "kept_away": Q(has_open=False),
    }[state]


def guardian_of(user: User, student: Student) -> Guardian | None:
    """The guardian of this student whose account this is, or None."""
    guardians = Guardian.objects.for_institution(student.institution).filter(user=user)
    return guardians.filter(guardianships__student=student).first()
