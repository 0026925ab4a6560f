"""Planning of every school's next lessons: which schools have something to plan, found by a fixed number of queries."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date, timedelta
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Case, F, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models import Institution
from attendance.lessons.selectors import PLANNED
from attendance.lessons.timetable import (
    State,
    orphans,
    orphans_drop,
    sessions_plan,
    singles_unlike,
    slots_with_sessions,
    zone_times,
)

_MOST_TERMS = 100  # of one condition: databases have limits


def days_plan() -> int:
    """Create today's and tomorrow's lessons of every timetable, and delete those of deleted weekly lessons."""
    for institution in Institution.objects.filter(pk__in=orphans().values("institution")):
        orphans_drop(institution=institution)
    planned = 0
    for day, zones in _days().items():
        for institution in Institution.objects.filter(pk__in=schools_unplanned(day, zones)):
            planned += sessions_plan(institution=institution, day=day)
    return planned


def schools_unplanned(day: date, zones: Collection[str]) -> set[UUID]:
    """The schools in these time zones where `sessions_plan` has something to do for that day.

    What it would compare lesson by lesson is asked of the database here, for all schools together. Only the times are
    computed, from the few different ones that schools have: a database does not know when clocks change.
    """
    slots = slots_with_sessions(day).filter(institution__time_zone__in=zones).order_by()
    followers = Q(held_changed=None, held_state__in=PLANNED)
    missing = Q(applies=True, held_id=None)
    with_wishes = slots.annotate(
        wanted_state=Case(When(day_off=None, then=Value(State.SCHEDULED)), default=Value(State.CANCELLED)),
        wanted_reason=Coalesce("day_off", Value("")),
        wanted_room=Case(When(room="", then=F("course__room")), default=F("room")),
    )
    is_as_wanted = Q(held_state=F("wanted_state"), held_reason=F("wanted_reason"), held_room=F("wanted_room"))
    is_as_wanted &= Q(held_course=F("course"))
    unlike = followers & (Q(applies=False) | ~is_as_wanted)
    found = _schools_of(with_wishes.filter(missing | unlike))
    found |= _schools_of(singles_unlike(day).filter(institution__time_zone__in=zones).order_by())
    return found | _schools_at_other_times(slots.filter(followers, applies=True), day)


def _schools_at_other_times(slots: QuerySet[Any], day: date) -> set[UUID]:
    columns = ("institution__time_zone", "starts", "ends", "held_starts", "held_ends")
    wrong = [
        Q(**dict(zip(columns, row, strict=True)))
        for row in slots.values_list(*columns).distinct()
        if zone_times(ZoneInfo(row[0]), day, row[1], row[2]) != (row[3], row[4])
    ]
    some = [wrong[first : first + _MOST_TERMS] for first in range(0, len(wrong), _MOST_TERMS)]
    return {pk for terms in some for pk in _schools_of(slots.filter(reduce(or_, terms)))}


def _schools_of(slots: QuerySet[Any]) -> set[UUID]:
    return set(slots.values_list("institution_id", flat=True).distinct())


def _days() -> dict[date, set[str]]:
    """Today and tomorrow, which are up to four dates round the world; of each, the schools' time zones where it is."""
    days: dict[date, set[str]] = defaultdict(set)
    for zone in Institution.objects.order_by().values_list("time_zone", flat=True).distinct():
        today = timezone.localdate(timezone=ZoneInfo(zone))
        for day in (today, today + timedelta(days=1)):
            days[day].add(zone)
    return days
