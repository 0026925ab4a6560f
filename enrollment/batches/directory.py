"""The students of a school as matching sees them."""

import threading
import time
from collections import defaultdict
from uuid import UUID

from accounts.models import Institution
from enrollment.batches.matching import Directory, Person
from enrollment.models import GroupPlace, Student

LARGE, LATELY = 5_000, 20.0  # students; seconds
_kept: dict[UUID, tuple[float, Directory]] = {}
_lock = threading.Lock()


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


def directory_lately(institution: Institution) -> Directory:
    """As `directory_of`; of a large school as it was some seconds ago, so that each of a thousand files needs not wait
    for it. A person sees every match before anything is enrolled."""
    if Student.objects.for_institution(institution).count() < LARGE:
        return directory_of(institution)
    with _lock:
        made, found = _kept.get(institution.pk, (0.0, None))
        if found is None or time.monotonic() - made > LATELY:
            found = directory_of(institution)
            _kept.clear()
            _kept[institution.pk] = (time.monotonic(), found)
        return found


def _writings(name: str, given: str, family: str) -> tuple[str, ...]:
    return tuple({name, f"{given} {family}"}) if given or family else (name,)
