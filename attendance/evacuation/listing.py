"""The list as pages show it: people by place, and what changed since a device last asked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import F
from django.db.models.lookups import IsNull
from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import Institution
from attendance.domain.evacuation import Person
from attendance.models import Evacuation, EvacuationPerson

_REPORTS = 20  # past evacuations that the page names
_OVERLAP = timedelta(seconds=5)  # words that came in at the same moment are told twice rather than never


class ListedPerson(NamedTuple):
    """A person of the list, with the tick. seen: the time, as people read it; empty if not seen."""

    person: Person
    seen: str = ""
    seen_by: str = ""


@dataclass(frozen=True, slots=True)
class PlaceGroup:
    """The people of one place. teachers: of the lessons there."""

    place: str
    teachers: str
    people: tuple[ListedPerson, ...]

    @property
    def seen(self) -> tuple[ListedPerson, ...]:
        """Those of them who were seen."""
        return tuple(each for each in self.people if each.seen)


@dataclass(frozen=True, slots=True)
class EvacuationList:
    """expected: by place, where nobody knows the place last; others: those who are not expected."""

    expected: tuple[PlaceGroup, ...]
    others: tuple[ListedPerson, ...]

    @property
    def missing(self) -> tuple[ListedPerson, ...]:
        """Those who are expected and were not seen."""
        return tuple(each for group in self.expected for each in group.people if not each.seen)

    @property
    def number(self) -> int:
        """The number of those who are expected."""
        return sum(len(group.people) for group in self.expected)

    @property
    def seen(self) -> int:
        """The number of expected people who were seen."""
        return self.number - len(self.missing)


def list_of(people: Iterable[ListedPerson]) -> EvacuationList:
    """The list of these people, which come sorted by place."""
    rows = list(people)
    expected = [row for row in rows if row.person.is_expected]
    return EvacuationList(_by_place(expected), tuple(row for row in rows if not row.person.is_expected))


def listed(evacuation: Evacuation) -> list[ListedPerson]:
    """The people of an evacuation's list, by place and name. One query."""
    rows = EvacuationPerson.objects.for_institution(evacuation.institution).filter(evacuation=evacuation)
    found = [_listed(row, evacuation.institution) for row in rows.select_related("student", "visitor", "seen_by")]
    return sorted(
        found,
        key=lambda each: (
            not each.person.is_expected, each.person.place == "", each.person.place, each.person.kind != "staff",
            each.person.name,
        ),
    )  # fmt: skip


def ticks_since(evacuation: Evacuation, since: datetime | None) -> dict[str, list[str]]:
    """Words that came in since an instant (None: all), by subject: the time seen, empty if taken back; and by whom."""
    rows = EvacuationPerson.objects.for_institution(evacuation.institution).filter(
        evacuation=evacuation, changed_at__isnull=False
    )
    if since is not None:
        rows = rows.filter(changed_at__gte=since - _OVERLAP)
    zone = evacuation.institution.zone
    told = rows.values_list("subject", "seen_at", "seen_by__name")
    return {str(subject): [_clock(seen_at, zone), name or ""] for subject, seen_at, name in told}


def read_evacuations(institution: Institution) -> tuple[Evacuation | None, list[Evacuation]]:
    """The evacuation that runs, if one does, and the latest of the past ones and drills, newest first. One query."""
    rows = Evacuation.objects.for_institution(institution).filter(joined_to=None)
    rows = rows.select_related("institution", "started_by")
    found = list(rows.order_by(IsNull(F("ended_at"), True).desc(), "-started_at")[: _REPORTS + 1])
    running = next((each for each in found if each.ended_at is None), None)
    return running, [each for each in found if each is not running][:_REPORTS]


def _listed(row: EvacuationPerson, institution: Institution) -> ListedPerson:
    kind = "student" if row.student_id else "visitor" if row.visitor_id else "staff"
    name = row.student.name if row.student else row.visitor.name if row.visitor else row.staff_name
    person = Person(
        row.subject, kind, name, row.place, row.teacher, row.group, is_expected=row.is_expected, standing=row.standing
    )
    return ListedPerson(person, _clock(row.seen_at, institution.zone), row.seen_by.name if row.seen_by else "")


def _clock(at: datetime | None, zone: ZoneInfo) -> str:
    return date_format(timezone.localtime(at, zone), "H:i") if at else ""


def _by_place(rows: Sequence[ListedPerson]) -> tuple[PlaceGroup, ...]:
    groups = []
    for place, found in groupby(rows, key=lambda row: row.person.place):
        people = tuple(found)
        teachers = dict.fromkeys(each.person.teacher for each in people if each.person.kind == "student")
        groups.append(PlaceGroup(place, ", ".join(filter(None, teachers)), people))
    return tuple(groups)
