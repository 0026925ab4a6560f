"""Students as the office's day lists them: group, portrait, and whom to call."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from accounts.models import Institution
from attendance.domain.day import StudentDay
from attendance.models import DeskEntry, Excuse
from attendance.office.school_day import SchoolDay
from attendance.telling.selectors import Told, told_of_day
from enrollment.guardians.selectors import open_relation
from enrollment.models import GroupPlace, Guardianship, Student
from enrollment.selectors import portraits_of

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


def person_lines(school_day: SchoolDay, days: Iterable[StudentDay]) -> list[PersonLine]:
    """The lines of these students, in this order. Five queries. Those who left the school have none."""
    institution, days = school_day.institution, list(days)
    ids = [day.student_id for day in days]
    students = Student.objects.for_institution(institution).filter(pk__in=ids, is_active=True).in_bulk()
    portraits = portraits_of(institution, ids)
    groups, contacts = groups_of(institution, ids), contacts_of(institution, ids)
    notices = told_of_day(institution, school_day.day, ids)
    left = {entry.student_id: entry for entry in school_day.entries if entry.kind == DeskEntry.Kind.LEFT}
    own = {pk: each for pk, each in school_day.excuses.items() if each.giver == Excuse.Giver.SCHOOL}
    return [
        PersonLine(
            student=students[day.student_id],
            portrait=portraits.get(day.student_id),
            group=groups.get(day.student_id, ""),
            day=day,
            contacts=contacts.get(day.student_id, ()),
            entry=left.get(day.student_id),
            excuse=own.get(day.student_id),
            notice=notices.get(day.student_id),
        )
        for day in days
        if day.student_id in students
    ]


def groups_of(institution: Institution, student_ids: Collection[UUID] | None = None) -> dict[UUID, str]:
    """The name of each student's group; the first by name of several. None: of the whole school."""
    places = GroupPlace.objects.for_institution(institution).filter(group__is_active=True)
    if student_ids is not None:
        places = places.filter(student__in=student_ids)
    rows = places.order_by("-group__name_key").values_list("student_id", "group__name")
    return dict(rows)


def contacts_of(institution: Institution, student_ids: Collection[UUID]) -> dict[UUID, tuple[Contact, ...]]:
    """The guardians of each student who may be called, with their numbers; nobody who must not be contacted."""
    rows = Guardianship.objects.for_institution(institution).filter(open_relation(), student__in=student_ids)
    found: dict[UUID, tuple[Contact, ...]] = defaultdict(tuple)
    for row in rows.select_related("guardian").order_by("-may_consent", "pk"):
        found[row.student_id] += (Contact(row.guardian.name, row.relation, row.guardian.phone),)
    return found
