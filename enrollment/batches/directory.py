"""The students of a school as matching sees them."""

from collections import defaultdict
from uuid import UUID

from accounts.models import Institution
from enrollment.batches.matching import Directory, Person
from enrollment.models import GroupPlace, Student


def directory_of(institution: Institution) -> Directory:
    """The directory of the institution's active students, as of now. Two queries."""
    groups: dict[UUID, list[str]] = defaultdict(list)
    places = GroupPlace.objects.for_institution(institution).filter(group__is_active=True).order_by()
    for student, group in places.values_list("student_id", "group__name"):
        groups[student].append(group)
    rows = Student.objects.for_institution(institution).filter(is_active=True).order_by()
    columns = ("pk", "roll_number", "name", "given_name", "family_name")
    return Directory.of(
        Person(pk, number, _writings(name, given, family), tuple(groups[pk]))
        for pk, number, name, given, family in rows.values_list(*columns)
    )


def _writings(name: str, given: str, family: str) -> tuple[str, ...]:
    return tuple({name, f"{given} {family}"}) if given or family else (name,)
