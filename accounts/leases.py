"""Leases on rows, so that one process at a time works on them, and turns among schools."""

import itertools
from typing import Any, TypeVar
from uuid import UUID

from django.db import connections, models
from django.db.models import Min

Row = TypeVar("Row", bound=models.Model)


def unlocked(rows: models.QuerySet[Row]) -> models.QuerySet[Row]:
    """The rows that no other transaction is taking now, locked until this transaction ends (SKIP LOCKED).

    A database without it (SQLite, whose writers take turns anyway) gives all of them: a row has to be taken by an
    UPDATE that checks again that it is free.
    """
    if connections[rows.db].features.has_select_for_update_skip_locked:
        return rows.select_for_update(skip_locked=True, of=("self",))
    return rows


class Turns:
    """Order of service among schools: the one served longest ago first, then the one whose row is the oldest.

    since: the field that says how long a row has waited. Kept by each process for itself: many workers, each of them
    fair, are fair together.
    """

    def __init__(self, since: str) -> None:
        self._since = since
        self._served: dict[UUID, int] = {}
        self._turn = itertools.count(1)

    def next_school(self, rows: models.QuerySet[Any]) -> UUID | None:
        """The school whose turn it is among those of `rows`; it counts as served from now on. One query."""
        schools = rows.order_by().values_list("institution_id").annotate(oldest=Min(self._since))
        school = min(schools, key=lambda row: (self._served.get(row[0], 0), row[1]), default=None)
        if school is None:
            return None
        self._served[school[0]] = next(self._turn)
        return school[0]
