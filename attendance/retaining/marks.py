"""Data past the retention of marks: marks, rosters and names on faces go, in either store; sums stay. With them go
excuses, entries at the desk and the people on the lists of evacuations.

DynamoDB deletes by itself what was written under the present retention. What was written before it was set or
shortened is deleted here, as in the portal's own database, so that both stores keep the same.
"""

import logging
from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.adapters import adapter_backend
from accounts.models import Institution
from attendance.excuses.deleting import statements_delete_of_lessons
from attendance.models import (
    ClassSession,
    CodeTry,
    DeskEntry,
    DetectedFace,
    EvacuationPerson,
    Excuse,
    MarkVersion,
    RosterEntry,
)
from attendance.repositories import marks_for
from attendance.repositories.base import RegisterError
from attendance.repositories.retention import shortest
from enrollment.errors import ErasureUnfinished

logger = logging.getLogger(__name__)
_AT_ONCE = 100  # sessions of one call of the store


def registers_expired() -> QuerySet[ClassSession]:
    """Lessons of every school that began before the time for which their marks are kept, and still have something."""
    now = timezone.now()
    over = _past(lambda time: {"starts_at__lt": now - time})
    left = [Exists(model.objects.filter(session=OuterRef("pk"))) for model in (RosterEntry, MarkVersion)]
    return ClassSession.objects.filter(over).filter(left[0] | left[1])


def excuses_expired() -> QuerySet[Excuse]:
    """Reasons for absences of every school whose last day is before the time for which marks are kept."""
    today = timezone.localdate()
    return Excuse.objects.filter(_past(lambda time: {"last_day__lt": today - time}))


def desk_entries_expired() -> QuerySet[DeskEntry]:
    """Entries at the desk of every school, of days before the time for which marks are kept."""
    today = timezone.localdate()
    return DeskEntry.objects.filter(_past(lambda time: {"day__lt": today - time}))


def desk_entries_delete(entries: QuerySet[DeskEntry]) -> int:
    """Delete these entries; returns their number. The marks that they wrote go by themselves."""
    return entries.delete()[1].get("attendance.DeskEntry", 0)


def evacuated_expired() -> QuerySet[EvacuationPerson]:
    """People on the lists of every school's evacuations before the time for which marks are kept."""
    now = timezone.now()
    return EvacuationPerson.objects.filter(_past(lambda time: {"evacuation__started_at__lt": now - time}))


def evacuated_delete(people: QuerySet[EvacuationPerson]) -> int:
    """Take these people off the lists; returns their number. That there was an evacuation stays."""
    return people.delete()[0]


def registers_empty(sessions: QuerySet[ClassSession]) -> int:
    """Erase the marks of these lessons with their history, their rosters, and names on faces; returns the lessons.

    The rosters last: by them a lesson is found again after a crash. A school whose store is unavailable waits.
    """
    by_school: dict[UUID, list[UUID]] = defaultdict(list)
    for school, session in sessions.order_by("starts_at").values_list("institution_id", "pk"):
        by_school[school].append(session)
    return sum(_empty(school, by_school[school.pk]) for school in Institution.objects.filter(pk__in=by_school))


def _past(older: Callable[[timedelta], dict[str, Any]]) -> Q:
    """Rows of every school that are older than its marks are kept. older: the condition for so long a time."""
    option = adapter_backend("ATTENDANCE_REPOSITORY")[1].get("retention_days")
    over = Q(pk__in=[])
    for own in Institution.objects.order_by().values_list("mark_retention_days", flat=True).distinct():
        if days := shortest(own, option):
            over |= Q(institution__mark_retention_days=own, **older(timedelta(days=days)))
    return over


def _empty(institution: Institution, sessions: list[UUID]) -> int:
    emptied = 0
    for at in range(0, len(sessions), _AT_ONCE):
        part = sessions[at : at + _AT_ONCE]
        try:
            statements_delete_of_lessons(part)
            marks_for(institution).purge_sessions(part)
        except (RegisterError, ErasureUnfinished) as error:
            logger.warning("Old marks of %s are deleted later: %s", institution.slug, error.code)
            break
        _forget(part)
        emptied += len(part)
    return emptied


def _forget(sessions: list[UUID]) -> None:
    with transaction.atomic():
        faces = DetectedFace.objects.filter(capture__session__in=sessions)
        faces.update(student=None, decided_student=None, similarity=None, candidates=[])
        CodeTry.objects.filter(session__in=sessions).delete()
        RosterEntry.objects.filter(session__in=sessions).delete()
