"""Selectors of the students whom a guardian may look at: the one place that says which."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import Institution, User
from enrollment.models import Guardianship, Student


def open_relation() -> Q:
    """Of guardianships: the guardian may see the student's attendance and be told of it."""
    return Q(may_contact=True)


def children_of(user: User, institution: Institution) -> QuerySet[Student]:
    """The students of a school whose attendance this account's owner may look at as a guardian, by name."""
    relations = Guardianship.objects.for_institution(institution).filter(
        open_relation(), guardian__user=user, student=OuterRef("pk")
    )
    return Student.objects.for_institution(institution).filter(Exists(relations), is_active=True).order_by("name_key")
