"""Finding students by pasted roll numbers or a typed name."""

import re
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import Institution
from accounts.names import folded
from enrollment.models import Group, GroupPlace, Student

MOST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Picked:
    """Students found by their roll numbers, and the numbers that nobody has."""

    students: list[Student]
    unknown: list[str]


def students_by_numbers(institution: Institution, text: str) -> Picked:
    """Active students by roll numbers that lines, commas, semicolons or tabs separate; case does not matter."""
    typed = [each.strip() for each in re.split(r"[\n,;\t]+", text) if each.strip()]
    numbers = [number for place, number in enumerate(typed) if not _is_among(number, typed[:place])]
    students = Student.objects.for_institution(institution).filter(is_active=True)
    by_number = {student.roll_number.casefold(): student for student in students.filter(_called(numbers))}
    found = [by_number[number.casefold()] for number in numbers if number.casefold() in by_number]
    return Picked(found, [number for number in numbers if number.casefold() not in by_number])


def _is_among(number: str, others: list[str]) -> bool:
    return number.casefold() in {other.casefold() for other in others}


def _called(numbers: list[str]) -> Q:
    condition = Q(roll_number__in=numbers)
    for number in numbers[:200]:  # a whole year group; more are matched by their exact spelling
        condition |= Q(roll_number__iexact=number)
    return condition


def students_outside(group: Group, text: str) -> QuerySet[Any]:
    """Active students who are not in the group, those in no group first; an empty text finds all of them."""
    places = GroupPlace.objects.filter(student=OuterRef("pk"))
    students: Any = Student.objects.for_institution(group.institution).filter(is_active=True)
    students = students.filter(~Exists(places.filter(group=group))).annotate(is_placed=Exists(places))
    if text:
        students = students.filter(Q(name_key__contains=folded(text)) | Q(roll_number__icontains=text))
    return students.order_by("is_placed", "name_key", "roll_number")
