"""Readiness: students who lack a consent or a photo, photos by state, and erasures still due."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.counting import counted
from accounts.models import Institution, Membership
from enrollment.models import BatchPhoto, Course, Enrollment, FacePhoto, Group, GroupPlace, Student, has_consent
from enrollment.selectors import courses_of, groups_of

State = FacePhoto.State
POSES = 3  # photos that a student should have: three gave the best results of all measured


def with_readiness(students: QuerySet[Any]) -> QuerySet[Any]:
    """The students, each with `consented` (bool) and the number of `enrolled` and of `held` photos."""
    return students.annotate(
        consented=has_consent(),
        enrolled=counted(FacePhoto.objects.filter(student=OuterRef("pk"), state=State.ENROLLED), by="student"),
        held=counted(FacePhoto.objects.filter(student=OuterRef("pk"), state=State.HELD), by="student"),
    )


def without_consent(institution: Institution) -> QuerySet[Student]:
    """Active students without a valid consent."""
    return with_readiness(Student.objects.for_institution(institution).filter(is_active=True)).filter(consented=False)


def without_photo(institution: Institution) -> QuerySet[Student]:
    """Active students with a consent but without an enrolled photo."""
    enrolled = FacePhoto.objects.filter(student=OuterRef("pk"), state=State.ENROLLED)
    students = with_readiness(Student.objects.for_institution(institution).filter(is_active=True))
    return students.filter(~Exists(enrolled), consented=True)


def roster_with_readiness(course: Course) -> QuerySet[Student]:
    """The course's active students by name, each with what `with_readiness` adds."""
    on_roster = Student.objects.for_institution(course.institution).filter(enrollments__course=course, is_active=True)
    return with_readiness(on_roster).order_by("name_key", "roll_number")


def courses_with_readiness(membership: Membership) -> QuerySet[Course]:
    """The member's courses, each with `size` and `ready`: students, and those of them whose face is enrolled."""
    return _with_sizes(courses_of(membership), Enrollment.objects.filter(course=OuterRef("pk")), "course")


def groups_with_readiness(membership: Membership) -> QuerySet[Group]:
    """The member's groups, each with `size` and `ready` as courses have them."""
    return _with_sizes(groups_of(membership), GroupPlace.objects.filter(group=OuterRef("pk")), "group")


def _with_sizes(rows: QuerySet[Any], places: QuerySet[Any], by: str) -> QuerySet[Any]:
    """Rows with the number of their active students, and of those whose face is enrolled. places: of a row."""
    active = places.filter(student__is_active=True)
    enrolled = FacePhoto.objects.filter(student=OuterRef("student"), state=State.ENROLLED)
    return rows.annotate(size=counted(active, by=by), ready=counted(active.filter(Exists(enrolled)), by=by))


def photos_in(institution: Institution, *states: FacePhoto.State) -> QuerySet[FacePhoto]:
    """The institution's photos in these states."""
    return FacePhoto.objects.for_institution(institution).filter(state__in=states)


def erasures_due(institution: Institution) -> QuerySet[Student]:
    """Students whose erasure was interrupted: photos exist without a valid consent, or were withdrawn with an earlier
    one."""
    return _erasures_due().filter(institution=institution)


def is_erasure_due(student: Student) -> bool:
    """True if photos of the student exist, enrolled or in a batch, that no consent stands for."""
    return _erasures_due().filter(pk=student.pk).exists()


def schools_with_erasures_due() -> QuerySet[Institution]:
    """The schools that have such students. One query."""
    return Institution.objects.filter(pk__in=_erasures_due().values("institution"))


def _erasures_due() -> QuerySet[Student]:
    photos = FacePhoto.objects.filter(student=OuterRef("pk"))
    in_batches = BatchPhoto.objects.filter(student=OuterRef("pk")).exclude(picture="")
    baseless = ~has_consent() & (Q(Exists(photos)) | Q(Exists(in_batches)))
    return Student.objects.filter(baseless | Q(Exists(photos.filter(state=State.WITHDRAWN))))
