"""Histories of marks, as they are moved from one store to another: pure, the same for every store."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from attendance.domain.marks import Closing, Evidence, Mark

Histories = Mapping[UUID, Sequence[Mark]]


def joined_histories(now: Iterable[Mark], versions: Iterable[Mark]) -> dict[UUID, tuple[Mark, ...]]:
    """Each present mark with the versions before it, which come oldest first."""
    before: dict[UUID, list[Mark]] = defaultdict(list)
    for mark in versions:
        before[mark.student_id].append(mark)
    return {
        mark.student_id: (*(each for each in before[mark.student_id] if each.version < mark.version), mark)
        for mark in now
    }


def due_histories(held: Histories, wanted: Histories) -> dict[UUID, tuple[Mark, ...]]:
    """Those of the wanted histories that do not stand: neither as they are nor gone on."""
    return {
        student: tuple(history) for student, history in wanted.items() if not is_part_of(history, held.get(student, ()))
    }


def is_part_of(history: Sequence[Mark], held: Sequence[Mark]) -> bool:
    """True if what is held is the history, or the same gone on. None at all is part of none alone."""
    if not history:
        return not held
    return mark_texts(history) == mark_texts(held[: len(history)])


def mark_texts(history: Iterable[Mark]) -> list[str]:
    """Each version as text, the same for the same mark in every store.

    Without course and beginning: they are the session's, which a store in the portal's database reads from there.
    """
    return ["|".join(_told(getattr(mark, name)) for name in _FIELDS) for mark in history]


def closing_text(closing: Closing) -> str:
    """A closing without its marks, as text."""
    counts = sorted((status.value, number) for status, number in closing.counts.items() if number)
    parts = (closing.session_id, closing.day, closing.closed_at, counts)
    return "|".join(_told(part) for part in parts)


_FIELDS = tuple(field.name for field in fields(Mark) if field.name not in ("course_id", "held_at"))


def _told(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, Evidence):
        return ",".join(_told(getattr(value, field.name)) for field in fields(Evidence))
    return str(value).replace("|", "||") if isinstance(value, str) else repr(value)
