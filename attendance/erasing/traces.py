"""Erasing of what machines noted of a student's face: names on faces, verdicts, liveness checks, look-alikes."""

from collections.abc import Iterable
from typing import Any, Protocol
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.models import Institution
from attendance.models import DetectedFace, LivenessAttempt, Verdict
from enrollment.models import LookAlike


class Whose(Protocol):
    """A student of an institution, by id."""

    @property
    def institution(self) -> Institution: ...

    @property
    def pk(self) -> UUID: ...


def traces_left(of: Whose) -> int:
    """Number of rows that connect a face, or a measurement of one, with the student."""
    return sum(rows.count() for rows in [_named(of), _proposed(of), *_rows(of)])


def traces_erase(of: Whose) -> None:
    """Erase them. The boxes stay, without a name: they tell how many faces there were."""
    faces_unname(of)


def faces_unname(of: Whose) -> int:
    """Take the student's name from detected faces, and delete verdicts and checks; returns the number of faces."""
    with transaction.atomic():
        for rows in _rows(of):
            rows.delete()
        for face in _proposed(of):
            face.candidates = [pair for pair in face.candidates if pair[0] != str(of.pk)]
            face.save(update_fields=["candidates"])
        return _named(of).update(student=None, decided_student=None, similarity=None, candidates=[])


def _named(of: Whose) -> QuerySet[DetectedFace]:
    faces = DetectedFace.objects.for_institution(of.institution)
    return faces.filter(Q(student=of.pk) | Q(decided_student=of.pk))


def _proposed(of: Whose) -> QuerySet[DetectedFace]:
    """Faces that bear another name, or none, and for which the student was considered."""
    considered = DetectedFace.objects.for_institution(of.institution).filter(candidates__icontains=str(of.pk))
    return considered.exclude(pk__in=_named(of).values("pk"))


def _rows(of: Whose) -> Iterable[QuerySet[Any]]:
    """Rows that go as a whole; verdicts before the names by which they are found."""
    named = _named(of).values("pk")
    return [
        Verdict.objects.for_institution(of.institution).filter(Q(student=of.pk) | Q(detected_face__in=named)),
        LivenessAttempt.objects.for_institution(of.institution).filter(student=of.pk),
        LookAlike.objects.for_institution(of.institution).filter(Q(first=of.pk) | Q(second=of.pk)),
    ]
