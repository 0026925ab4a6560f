"""Short names: what fits under a face and on the projector."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from enrollment.models import Student


def short_names(names: Sequence[str]) -> tuple[str, ...]:
    """First names; where two share one, with the first letter of the last name."""
    parts = [name.split() or [name] for name in names]
    often = Counter(part[0] for part in parts)
    return tuple(f"{part[0]} {part[-1][0]}." if often[part[0]] > 1 and len(part) > 1 else part[0] for part in parts)


def called(students: Iterable[Student]) -> Mapping[UUID, str]:
    """Short names of a register's students, by student."""
    people = list(students)
    return dict(zip((one.pk for one in people), short_names([one.name for one in people]), strict=True))
