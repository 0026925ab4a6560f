"""Entries of the access log: filtered, and with the names that pages and exports show."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounts.models import Institution
from accounts.names import folded
from enrollment.access import IN_WORDS
from enrollment.models import AccessRecord, Student

_AT_ONCE = 500  # entries of an export whose students are looked up together


@dataclass(frozen=True, slots=True)
class ShownRecord:
    """An entry with its names. student: empty for an act about nobody alone; href: the id of one still on record."""

    at: datetime
    actor: str
    act: str | Promise
    student: str
    student_id: UUID | None
    detail: str


def records_of(institution: Institution, wanted: Mapping[str, Any]) -> QuerySet[AccessRecord]:
    """The school's entries, newest first. wanted: the cleaned data of a LogFilterForm, {} for all."""
    records = AccessRecord.objects.for_institution(institution).order_by("-at", "-pk")
    if words := wanted.get("student"):
        records = records.filter(subject__in=_students(institution, words).values("pk"))
    if words := wanted.get("person"):
        records = records.filter(actor_name__icontains=words)
    if wanted.get("act"):
        records = records.filter(verb=wanted["act"])
    if first := wanted.get("first"):
        records = records.filter(at__gte=_midnight(first))
    if last := wanted.get("last"):
        records = records.filter(at__lt=_midnight(last + timedelta(days=1)))
    return records


def records_shown(institution: Institution, records: Iterable[AccessRecord]) -> list[ShownRecord]:
    """The entries with the students' names, in one query."""
    records = list(records)
    names = _names(institution, {record.subject for record in records if record.subject})
    return [_shown(record, names) for record in records]


def records_exported(institution: Institution, records: QuerySet[AccessRecord]) -> Iterator[ShownRecord]:
    """All entries, some hundreds at a time."""
    part: list[AccessRecord] = []
    for record in records.iterator(chunk_size=_AT_ONCE):
        part.append(record)
        if len(part) == _AT_ONCE:
            yield from records_shown(institution, part)
            part = []
    yield from records_shown(institution, part)


def _students(institution: Institution, words: str) -> QuerySet[Student]:
    students = Student.objects.for_institution(institution)
    return students.filter(Q(name_key__contains=folded(words)) | Q(roll_number__iexact=words)).order_by()


def _names(institution: Institution, ids: Iterable[UUID]) -> dict[UUID, str]:
    return {student.pk: str(student) for student in Student.objects.for_institution(institution).filter(pk__in=ids)}


def _shown(record: AccessRecord, names: Mapping[UUID, str]) -> ShownRecord:
    student = "" if record.subject is None else names.get(record.subject, _("Erased student"))
    detail = " · ".join(str(value) for value in record.detail.values() if not _is_id(value))
    known = record.subject if record.subject in names else None
    return ShownRecord(record.at, record.actor_name, IN_WORDS.get(record.verb, record.verb), student, known, detail)


def _is_id(value: object) -> bool:
    try:
        UUID(str(value))
    except ValueError:
        return False
    return True


def _midnight(day: Any) -> datetime:
    """The first moment of a day of the school's."""
    return timezone.make_aware(datetime.combine(day, time.min))
