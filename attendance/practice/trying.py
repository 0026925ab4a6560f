"""Services of a school's practice school: prepared by a job, with a lesson that is always on, and removed as a whole.

It is a school of its own, so nothing of it can be found among the students, faces, rates and exports of the real one.
"""

import io
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.face_law import may_take_faces
from accounts.jobs import JobFailed, JobHandle, job_kind, job_start
from accounts.models import Institution, Job, Membership, Role, User
from accounts.row_security import across_schools
from accounts.schools.creating import free_slug
from attendance.demo import school as plan
from attendance.demo.history import lesson_now
from attendance.demo.orl import DemoFacesMissing, orl_photo
from attendance.demo.people import students_create
from attendance.demo.pictures import ENROLMENT_PHOTOS
from attendance.erasing.closing import school_erase_ask
from attendance.models import ClassSession
from enrollment.models import Course, Enrollment, FacePhoto, Student, Teaching
from enrollment.pictures import encode_jpeg
from enrollment.services.photos import face_photo_add

KIND = "practice_prepare"


def practice_of(institution: Institution) -> Institution | None:
    """The practice school of a school; None if there is none."""
    return Institution.objects.filter(practice_of=institution).first()


def preparation_of(institution: Institution) -> Job | None:
    """The job that is preparing the practice school; None while none does."""
    return Job.objects.for_institution(institution).filter(kind=KIND, ended_at=None).first()


def is_possible() -> bool:
    """True if the pictures of the practice class are installed here."""
    try:
        orl_photo(1, 1)
    except DemoFacesMissing:
        return False
    return True


def practice_prepare(*, institution: Institution, by: User) -> Job:
    """Let a worker prepare the practice school. While one does, asking again returns its job."""
    return preparation_of(institution) or job_start(institution=institution, kind=KIND, by=by)


@across_schools()
def practice_remove(*, institution: Institution, by: User) -> None:
    """Remove the practice school with all that is in it. Nobody gets in from now on; a worker erases it."""
    if practice := practice_of(institution):
        school_erase_ask(institution=practice, by=by)


@across_schools()
def practice_lesson(practice: Institution, *, by: User) -> ClassSession | None:
    """The lesson that is on in the practice school, a new one after the last was closed; None before it is prepared."""
    _member_add(practice, by)
    course = Course.objects.for_institution(practice).filter(code=plan.PHYSICS.code).first()
    return lesson_now(course, after_closing=True) if course else None


def _result_page(job: Job) -> str:
    return reverse("practice", args=[job.institution.slug])


@job_kind(KIND, title=gettext_lazy("Preparing the practice class"), roles=[Role.ADMIN], result_page=_result_page)
def practice_prepare_run(job: JobHandle) -> Mapping[str, Any]:
    """Make the school, its class and course, then enrol the photos. What is there already stays as it is."""
    if not is_possible():
        raise JobFailed(_("The photos of the practice class are not installed here. Ask the portal's operator."))
    practice = _school_make(job.institution, job.started_by)
    planned = [plan.RIVERSIDE_STUDENTS[number] for number in plan.YEAR_10]
    students = students_create(practice, planned)
    _course_make(practice, students, job.started_by)
    job.checkpoint({"school": True})
    people = {each.roll_number: each.person for each in planned if each.person}
    for number, student in enumerate(students):
        if job.should_stop:
            return {}
        job.progress(number, len(students), _("Enrolling photos"))
        if practice.faces_enabled and (person := people.get(student.roll_number)):
            _photos_add(student, person)
    job.progress(len(students), len(students))
    return {}


def _school_make(institution: Institution, by: User | None) -> Institution:
    """The practice school: of the same language and time zone, with faces unless the law bars them everywhere."""
    name = _("Practice · %s") % institution.name
    with transaction.atomic():
        practice, _is_new = Institution.objects.get_or_create(
            practice_of=institution,
            defaults={
                "slug": free_slug(f"practice-{institution.slug}"), "name": name[:120], "law": institution.law,
                "time_zone": institution.time_zone, "language": institution.language,
                "faces_enabled": may_take_faces(institution.law), "setup_done_at": timezone.now(),
            },
        )  # fmt: skip
        if by:
            _member_add(practice, by)
    return practice


@across_schools()
def _member_add(practice: Institution, person: User) -> Membership:
    """The person as an administrator of the practice school, who teaches its course."""
    member, _is_new = Membership.objects.get_or_create(institution=practice, user=person, defaults={"role": Role.ADMIN})
    for course in Course.objects.for_institution(practice):
        Teaching.objects.get_or_create(institution=practice, course=course, teacher=member)
    return member


def _course_make(practice: Institution, students: list[Student], by: User | None) -> None:
    with transaction.atomic():
        course, is_new = Course.objects.get_or_create(
            institution=practice, code=plan.PHYSICS.code,
            defaults={"name": plan.PHYSICS.name, "room": plan.PHYSICS.room},
        )  # fmt: skip
        if is_new:
            rows = [Enrollment(institution=practice, course=course, student=student) for student in students]
            Enrollment.objects.bulk_create(rows)
        if by:
            _member_add(practice, by)


def _photos_add(student: Student, person: int) -> None:
    """Enrol the photos that a student has not got yet: after a crash the rest."""
    if not Student.objects.filter(pk=student.pk).with_consent().exists():
        return
    has = FacePhoto.objects.for_institution(student.institution).filter(student=student).count()
    for number in ENROLMENT_PHOTOS[has:]:
        face_photo_add(student=student, upload=io.BytesIO(encode_jpeg(orl_photo(person, number))), added_by=None)
