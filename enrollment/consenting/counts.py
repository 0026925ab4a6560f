"""Counts of students by the state of their consent: of a school, its groups and its courses."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet

from accounts.models import Institution
from enrollment.domain.consents import TO_ASK, WITHOUT, State
from enrollment.models import Student, consent_state


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a bar that is 100 wide. status: class of its colour."""

    status: str
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class ConsentCounts:
    """Numbers of students by state."""

    by_state: dict[State, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.by_state.values())

    @property
    def granted(self) -> int:
        return self.by_state.get(State.GRANTED, 0)

    @property
    def pending(self) -> int:
        """Students about whom nobody has replied, or whose consent has expired."""
        return sum(self.by_state.get(state, 0) for state in TO_ASK)

    @property
    def expired(self) -> int:
        return self.by_state.get(State.EXPIRED, 0)

    @property
    def without(self) -> int:
        """Refused and withdrawn."""
        return sum(self.by_state.get(state, 0) for state in WITHOUT)

    @property
    def segments(self) -> list[Segment]:
        """The bar: granted, no reply; what is left of it is without consent."""
        if not self.total:
            return []
        granted, pending = (100 * number / self.total for number in (self.granted, self.pending))
        return [Segment("P", 0, round(granted, 2)), Segment("L", round(granted, 2), round(pending, 2))]


def counts_of(students: QuerySet[Student]) -> ConsentCounts:
    """Counts of these students. One query."""
    rows = students.order_by().annotate(state=consent_state()).values_list("state").annotate(Count("pk", distinct=True))
    return ConsentCounts({State(state): number for state, number in rows})


def counts_by_group(institution: Institution, groups: Collection[UUID]) -> dict[UUID, ConsentCounts]:
    """Counts of each group's active students. One query."""
    return _counts_by(institution, "group_places", "group", groups)


def counts_by_course(institution: Institution, courses: Collection[UUID]) -> dict[UUID, ConsentCounts]:
    """Counts of each course's active students. One query."""
    return _counts_by(institution, "enrollments", "course", courses)


def _counts_by(institution: Institution, places: str, of: str, ids: Collection[UUID]) -> dict[UUID, ConsentCounts]:
    # Through the places alone: a condition on the student's school as well would let SQLite read all its students.
    own: Any = {f"{places}__institution": institution, f"{places}__{of}__in": ids}
    students: Any = Student.objects.filter(is_active=True, **own).order_by().annotate(state=consent_state())
    found: dict[UUID, dict[State, int]] = defaultdict(dict)
    for each, state, number in students.values_list(f"{places}__{of}", "state").annotate(Count("pk")):
        found[each][State(state)] = number
    return {each: ConsentCounts(found.get(each, {})) for each in ids}
