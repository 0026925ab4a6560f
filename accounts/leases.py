"""Leases on rows and on duties, so that one process at a time works on them, and turns among schools."""

import itertools
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID, uuid4

from django.db import connections, models
from django.db.models import Min, Q
from django.utils import timezone

from accounts.models import Duty

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


# -- Duties ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HeldDuty:
    """A duty that this process performs now, for `term` after the last call of `extend`."""

    name: str
    holder: UUID
    term: timedelta

    def extend(self) -> bool:
        """Keep it for another term. False where it was taken from us: we said nothing for too long."""
        return bool(self._rows().update(until=timezone.now() + self.term))

    def end(self) -> None:
        """It is performed: the rest until the next time counts from now."""
        self._rows().update(holder=None, until=None, ended_at=timezone.now())

    def give_back(self) -> None:
        """It is not performed, or not to the end: anybody may take it at once."""
        self._rows().update(holder=None, until=None)

    def _rows(self) -> models.QuerySet[Duty]:
        return Duty.objects.filter(name=self.name, holder=self.holder)


def duty_take(name: str, *, term: timedelta, rest: timedelta = timedelta(0)) -> HeldDuty | None:
    """Take a duty for `term`. None while another process has it, or if it ended less than `rest` ago.

    One conditional UPDATE, on any database. Of a process that died the duty is free again after its term.
    """
    duty, now = HeldDuty(name, uuid4(), term), timezone.now()
    Duty.objects.bulk_create([Duty(name=name)], ignore_conflicts=True)
    rows = Duty.objects.filter(_free_at(now), _rested_at(now, rest), name=name)
    return duty if rows.update(holder=duty.holder, until=now + term) else None


def _free_at(now: datetime) -> Q:
    return Q(until=None) | Q(until__lt=now)


def _rested_at(now: datetime, rest: timedelta) -> Q:
    """An end that lies ahead was written by a clock that has been set back since: nobody waits for it."""
    return Q(ended_at=None) | Q(ended_at__lte=now - rest) | Q(ended_at__gt=now)
