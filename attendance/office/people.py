"""Students as the office's day lists them: group, portrait, and whom to call."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, QuerySet

from accounts.models import Institution
from attendance.domain.day import StudentDay
from attendance.models import DeskEntry, Excuse
from attendance.office.school_day import SchoolDay
from attendance.telling.selectors import Told, told_of_day
from enrollment.guardians.selectors import open_relation
from enrollment.models import Guardianship, Student
from enrollment.selectors import group_name, portrait_id

_NOT_DIALLED = re.compile(r"[^\d+]")


@dataclass(frozen=True, slots=True)
class Contact:
    """A guardian who may be called."""

    name: str
    relation: str
    phone: str

    @property
    def tel(self) -> str:
        """The number as a telephone dials it."""
        return _NOT_DIALLED.sub("", self.phone)


@dataclass(frozen=True, slots=True)
class ListedStudent:
    """A student with portrait, group (empty: none), and the guardians who may be called, those who decide first.

    Nobody is among these who must not be contacted.
    """

    student: Student
    portrait: UUID | None
    group: str
    contacts: tuple[Contact, ...] = ()


@dataclass(frozen=True, slots=True)
class PersonLine:
    """One student of a list of the day. entry, excuse: what the office entered about it, which can be undone.

    notice: what became of the e-mails to guardians about the day's absences; None where there is none.
    """

    student: Student
    portrait: UUID | None
    group: str
    day: StudentDay
    contacts: tuple[Contact, ...] = ()
    entry: DeskEntry | None = None
    excuse: Excuse | None = None
    notice: Told | None = None


def person_lines(
    school_day: SchoolDay, days: Iterable[StudentDay], students: Mapping[UUID, ListedStudent]
) -> list[PersonLine]:
    """The lines of these students, in this order; those who are not among `students` have none. One query."""
    days = list(days)
    ids = [day.student_id for day in days]
    notices = told_of_day(school_day.institution, school_day.day, ids) if ids else {}
    left = {entry.student_id: entry for entry in school_day.entries if entry.kind == DeskEntry.Kind.LEFT}
    own = {pk: each for pk, each in school_day.excuses.items() if each.giver == Excuse.Giver.SCHOOL}
    return [
        PersonLine(
            student=found.student,
            portrait=found.portrait,
            group=found.group,
            day=day,
            contacts=found.contacts,
            entry=left.get(day.student_id),
            excuse=own.get(day.student_id),
            notice=notices.get(day.student_id),
        )
        for day in days
        if (found := students.get(day.student_id))
    ]


def listed_students(institution: Institution, ids: Collection[UUID]) -> dict[UUID, ListedStudent]:
    """Those of the students who are at the school, by id. One query; none for nobody."""
    if not ids:
        return {}
    open_ones = Guardianship.objects.filter(open_relation(), pk=OuterRef("guardianships__pk"))
    rows: QuerySet[Any] = Student.objects.for_institution(institution).filter(pk__in=ids, is_active=True)
    rows = rows.annotate(
        portrait=portrait_id(),
        group=group_name(),
        may_call=Exists(open_ones),
        contact=F("guardianships__guardian__name"),
        relation=F("guardianships__relation"),
        phone=F("guardianships__guardian__phone"),
    ).order_by(F("guardianships__may_consent").desc(), "guardianships__pk")
    found: dict[UUID, ListedStudent] = {}
    for row in rows:  # a row for each guardian, and one for a student without any
        before = found.get(row.pk, ListedStudent(row, row.portrait, row.group))
        more = (Contact(row.contact, row.relation, row.phone),) if row.may_call else ()
        found[row.pk] = replace(before, contacts=before.contacts + more)
    return found
