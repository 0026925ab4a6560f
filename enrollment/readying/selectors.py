"""Selectors of readiness: counts by what students lack, their rows, and pairs that look alike."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db.models import (
    BooleanField,
    Case,
    Count,
    Exists,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.utils import timezone

from accounts.models import Institution
from enrollment.models import Enrollment, FacePhoto, GroupPlace, LookAlike, Student, has_consent
from enrollment.readiness import POSES, with_readiness
from enrollment.selectors import portraits_of

State = FacePhoto.State
RECENT = timedelta(days=365)  # a face changes: an older photo is to be taken again


class Lack(StrEnum):
    """Something that a student lacks to be recognised well."""

    CONSENT = "consent"
    PHOTO = "photo"
    POSES = "poses"
    RECENT = "recent"
    CONFUSED = "confused"


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a bar that is 100 wide. status: class of its colour."""

    status: str
    x: float
    width: float


@dataclass(slots=True)
class ReadinessCounts:
    """Numbers of students: all, those who can be recognised, and those who lack each thing."""

    total: int = 0
    ready: int = 0
    by_lack: dict[Lack, int] = field(default_factory=lambda: dict.fromkeys(Lack, 0))

    @property
    def unready(self) -> int:
        """Students with a consent who cannot be recognised yet."""
        return self.total - self.ready - self.by_lack[Lack.CONSENT]

    @property
    def segments(self) -> list[Segment]:
        """The bar: ready, something to do; what is left of it is without consent."""
        if not self.total:
            return []
        ready, unready = (round(100 * number / self.total, 2) for number in (self.ready, self.unready))
        return [Segment("P", 0, ready), Segment("L", ready, unready)]


@dataclass(frozen=True, slots=True)
class ReadinessRow:
    """A student with what they lack. photos: number of those enrolled."""

    student: Student
    lacks: tuple[Lack, ...]
    photos: int
    portrait: UUID | None


@dataclass(frozen=True, slots=True)
class Pair:
    """A photo that waits for a decision, its student, and the student whom it resembles."""

    photo: FacePhoto
    portrait: UUID | None  # of the student whom it resembles


def with_lacks(students: QuerySet[Student]) -> QuerySet[Any]:
    """The students with `consented`, `enrolled`, `band` (0: no photo, 1: fewer than wished, 2: enough), `is_old` and
    `is_confused`."""
    enrolled = FacePhoto.objects.filter(student=OuterRef("pk"), state=State.ENROLLED)
    recent = enrolled.filter(created_at__gte=timezone.now() - RECENT)
    held = FacePhoto.objects.filter(_to_decide())
    # Few photos wait for a decision: they are read once, not looked for again for each student.
    confused = When(Q(pk__in=held.values("student")) | Q(pk__in=held.values("looks_like")), then=Value(True))
    # Whether there is one, and a last of so many: asked without counting, which a large school would wait for.
    enough = When(Exists(enrolled.order_by()[POSES - 1 : POSES]), then=Value(2))
    any_ = When(Exists(enrolled), then=Value(1))
    old = When(Exists(enrolled) & ~Exists(recent), then=Value(True))
    return with_readiness(students).annotate(
        band=Case(enough, any_, default=Value(0), output_field=IntegerField()),
        is_old=Case(old, default=Value(False), output_field=BooleanField()),
        is_confused=Case(confused, default=Value(False), output_field=BooleanField()),
    )


def lacking(students: QuerySet[Student], lack: Lack) -> QuerySet[Any]:
    """Those of the students who lack something."""
    wanted = {
        Lack.CONSENT: Q(consented=False),
        Lack.PHOTO: Q(consented=True, band=0),
        Lack.POSES: Q(consented=True, band=1),
        Lack.RECENT: Q(consented=True, band__gt=0, is_old=True),
        Lack.CONFUSED: Q(consented=True, is_confused=True),
    }
    return with_lacks(students).filter(wanted[lack])


def counts_of(students: QuerySet[Student]) -> ReadinessCounts:
    """Counts of these students. One query."""
    return _counted(with_lacks(students), None).get(None) or ReadinessCounts()


def counts_by_group(institution: Institution, groups: Collection[UUID]) -> dict[UUID, ReadinessCounts]:
    """Counts of each group's active students. One query."""
    return _counts_by(institution, "group_places", "group", groups)


def counts_by_course(institution: Institution, courses: Collection[UUID]) -> dict[UUID, ReadinessCounts]:
    """Counts of each course's active students. One query."""
    return _counts_by(institution, "enrollments", "course", courses)


def rows_of(institution: Institution, students: Iterable[Any]) -> list[ReadinessRow]:
    """Rows of students that `with_lacks` read. One query."""
    students = list(students)
    portraits = portraits_of(institution, [student.pk for student in students if student.consented])
    return [
        ReadinessRow(
            student,
            tuple(lacks_of(student.consented, student.band, student.is_old, student.is_confused)),
            student.enrolled,
            portraits.get(student.pk),
        )
        for student in students
    ]


def lacks_of(consented: bool, band: int, is_old: bool, is_confused: bool) -> list[Lack]:
    """Lacks of a student, the most urgent first. Without a consent nothing else is asked for."""
    if not consented:
        return [Lack.CONSENT]
    found = [
        (Lack.PHOTO, band == 0),
        (Lack.CONFUSED, is_confused),
        (Lack.RECENT, band > 0 and is_old),
        (Lack.POSES, band == 1),
    ]
    return [lack for lack, is_lacking in found if is_lacking]


def places_of(institution: Institution, students: Collection[UUID]) -> dict[UUID, tuple[str, UUID]]:
    """For each student "group" or "course" and its id: an active group of theirs, else a course. Two queries."""
    own = {"student_id__in": list(students)}
    courses = Enrollment.objects.for_institution(institution).filter(**own, course__is_active=True)
    groups = GroupPlace.objects.for_institution(institution).filter(**own, group__is_active=True)
    found = {student: ("course", course) for student, course in courses.values_list("student_id", "course_id")}
    return found | {student: ("group", group) for student, group in groups.values_list("student_id", "group_id")}


def pairs_to_decide(institution: Institution) -> QuerySet[FacePhoto]:
    """Photos that look like another student, of whom a person has to say whether they are one, oldest first."""
    photos = FacePhoto.objects.for_institution(institution).filter(_to_decide())
    return photos.select_related("student", "looks_like", "institution", "place").order_by("created_at", "pk")


def with_portraits(institution: Institution, photos: Iterable[FacePhoto]) -> list[Pair]:
    """The pairs with the portrait of the student whom each resembles. One query."""
    photos = list(photos)
    portraits = portraits_of(institution, [photo.looks_like_id for photo in photos if photo.looks_like_id])
    return [Pair(photo, portraits.get(photo.looks_like_id) if photo.looks_like_id else None) for photo in photos]


def confirmed_pairs(institution: Institution) -> QuerySet[LookAlike]:
    """Pairs confirmed to be different people, newest first."""
    pairs = LookAlike.objects.for_institution(institution).filter(first__is_active=True, second__is_active=True)
    return pairs.select_related("first", "second").order_by("-created_at")


def _to_decide() -> Q:
    """Of held photos of two students who may both be compared."""
    active = Q(student__is_active=True, looks_like__is_active=True)
    return active & Q(has_consent("student"), has_consent("looks_like"), state=State.HELD)


def _counts_by(institution: Institution, places: str, of: str, ids: Collection[UUID]) -> dict[UUID, ReadinessCounts]:
    # Through the places alone: a condition on the student's school as well would let SQLite read all its students.
    own: Any = {f"{places}__institution": institution, f"{places}__{of}__in": ids}
    found = _counted(with_lacks(Student.objects.filter(is_active=True, **own)), f"{places}__{of}")
    return {each: found.get(each, ReadinessCounts()) for each in ids}


def _counted(students: QuerySet[Any], path: str | None) -> dict[Any, ReadinessCounts]:
    names = [*([path] if path else []), "consented", "band", "is_old", "is_confused"]
    counts: dict[Any, ReadinessCounts] = defaultdict(ReadinessCounts)
    for row in students.order_by().values(*names).annotate(number=Count("pk")):
        of, number = counts[row[path] if path else None], row["number"]
        of.total += number
        lacks = lacks_of(row["consented"], row["band"], row["is_old"], row["is_confused"])
        of.ready += number if not {Lack.CONSENT, Lack.PHOTO, Lack.CONFUSED} & set(lacks) else 0
        for lack in lacks:
            of.by_lack[lack] += number
    return counts
