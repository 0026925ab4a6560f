"""The camera station of photo day: its students, and the service that takes each photo."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, BinaryIO
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.counting import counted
from accounts.models import Institution, User
from enrollment.errors import EnrollmentError
from enrollment.models import Consent, Course, Enrollment, FacePhoto, Group, GroupPlace, Student
from enrollment.readiness import POSES, with_readiness
from enrollment.services.photos import face_photo_add, face_photo_delete

RETAKEN_WITHIN = timedelta(hours=12)  # a photo of today may be replaced at the station, an older one in the office


@dataclass(frozen=True, slots=True)
class Sitter:
    """A student at the station. missing: number of photos that they should still get; 0 without a consent."""

    student: Student
    consented: bool
    has_refused: bool
    photos: int

    @property
    def missing(self) -> int:
        return max(POSES - self.photos, 0) if self.consented else 0


def groups_to_enrol(institution: Institution) -> QuerySet[Group]:
    """Active groups that have students, by name."""
    places = GroupPlace.objects.filter(group=OuterRef("pk"), student__is_active=True)
    groups = Group.objects.for_institution(institution).filter(Exists(places), is_active=True)
    return groups.order_by("name_key", "pk")


def courses_to_enrol(institution: Institution) -> QuerySet[Course]:
    """Active courses that have students, by name."""
    places = Enrollment.objects.filter(course=OuterRef("pk"), student__is_active=True)
    courses = Course.objects.for_institution(institution).filter(Exists(places), is_active=True)
    return courses.order_by("name_key", "pk")


def groups_counted(groups: Collection[Group]) -> list[Any]:
    """The groups, each with `size` and `ready`: students, and those of them with a photo. One query."""
    return _counted(Group, groups, GroupPlace.objects.filter(group=OuterRef("pk")), by="group")


def courses_counted(courses: Collection[Course]) -> list[Any]:
    """The courses, each with `size` and `ready`. One query."""
    return _counted(Course, courses, Enrollment.objects.filter(course=OuterRef("pk")), by="course")


def _counted(model: type[Any], rows: Collection[Any], places: QuerySet[Any], *, by: str) -> list[Any]:
    active = places.filter(student__is_active=True)
    enrolled = FacePhoto.objects.filter(student=OuterRef("student"), state=FacePhoto.State.ENROLLED)
    chosen = model.objects.filter(pk__in=[row.pk for row in rows])
    counts = chosen.annotate(size=counted(active, by=by), ready=counted(active.filter(Exists(enrolled)), by=by))
    return list(counts.order_by("name_key", "pk"))


def sitters_of(students: QuerySet[Student]) -> list[Sitter]:
    """The students by name, each with consent and photos. One query."""
    refused = Exists(Consent.objects.refusing().filter(student=OuterRef("pk")))
    rows = with_readiness(students.filter(is_active=True)).annotate(refused=refused)
    rows = rows.order_by("name_key", "roll_number")
    return [Sitter(row, row.consented, row.refused, row.enrolled) for row in rows]


def station_photo_take(
    *, student: Student, upload: BinaryIO, by: User, instead_of: FacePhoto | None = None
) -> FacePhoto:
    """Enrol a photo that was taken at the station. instead_of: the one that it replaces, deleted once it is stored.

    Raises EnrollmentError `not_yours` for a photo that the same person did not take here today, and what
    `face_photo_add` raises: without a consent nothing is kept.
    """
    if instead_of and not _may_replace(instead_of, student, by):
        raise EnrollmentError("not_yours", _("Only a photo that was just taken here can be taken again."))
    photo = face_photo_add(student=student, upload=upload, added_by=by)
    if instead_of and instead_of.pk != photo.pk:
        face_photo_delete(photo=instead_of, by=by)
    return photo


def _may_replace(photo: FacePhoto, student: Student, by: User) -> bool:
    is_fresh = photo.created_at > timezone.now() - RETAKEN_WITHIN
    return photo.student_id == student.pk and photo.added_by_id == by.pk and is_fresh and photo.cut_from is None


def photo_to_replace(student: Student, photo_id: UUID | None) -> FacePhoto | None:
    """The student's photo of this id; None if there is none any more."""
    photos = FacePhoto.objects.for_institution(student.institution).select_related("place__institution")
    return photos.filter(student=student, pk=photo_id).first() if photo_id else None
