"""Selector of the students on the office's page of people."""

from django.db.models import Prefetch, QuerySet

from accounts.models import Institution
from enrollment.models import Group, Student
from enrollment.selectors import students_matching


def students_listed(institution: Institution, text: str = "") -> QuerySet[Student]:
    """The active students with every word of a text in their name or roll number, by name, each with present groups."""
    groups = Group.objects.filter(is_active=True)
    return students_matching(institution, text).prefetch_related(Prefetch("groups", groups)).order_by("name_key", "pk")
