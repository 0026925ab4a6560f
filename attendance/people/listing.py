"""Selector of the students on the office's page of people."""

from django.db.models import Prefetch, Q, QuerySet

from accounts.models import Institution
from accounts.names import folded
from enrollment.models import Group, Student

MOST_WORDS = 6


def students_listed(institution: Institution, text: str = "") -> QuerySet[Student]:
    """The active students with every word of a text in their name or roll number, by name, each with present groups."""
    students = Student.objects.for_institution(institution).filter(is_active=True)
    for word in folded(text.replace("\x00", " ")).split()[:MOST_WORDS]:
        students = students.filter(Q(name_key__contains=word) | Q(roll_number__icontains=word))
    groups = Group.objects.filter(is_active=True)
    return students.prefetch_related(Prefetch("groups", groups)).order_by("name_key", "pk")
