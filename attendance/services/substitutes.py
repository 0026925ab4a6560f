"""Letting somebody else take a lesson, or a course for a span of days."""

from datetime import date

from django.db import transaction
from django.utils import timezone

from accounts.models import Membership, Role, User
from attendance.calendar_errors import NotATeacher, SpanBackwards, TeachesAlready
from attendance.models import ClassSession, Substitution
from enrollment.models import Course, Teaching


def lesson_give(*, session: ClassSession, teacher: Membership, by: User) -> Substitution:
    """Let another teacher take one lesson, on whichever day it is held. Giving it twice changes nothing.

    They may work with its register on that day, and with nothing else. Raises NotATeacher, TeachesAlready.
    """
    _refuse(session.course, teacher)
    given, _created = Substitution.objects.get_or_create(
        institution=session.institution,
        session=session,
        teacher=teacher,
        ended_at=None,
        defaults={"course": session.course, "given_by": by},
    )
    return given


def course_give(*, course: Course, teacher: Membership, first_day: date, last_day: date, by: User) -> Substitution:
    """Let another teacher take a course's lessons from day to day, both included. Giving it twice changes nothing.

    Raises NotATeacher, TeachesAlready, SpanBackwards.
    """
    _refuse(course, teacher)
    if last_day < first_day:
        raise SpanBackwards
    with transaction.atomic():
        Course.objects.select_for_update().get(pk=course.pk)
        given, _created = Substitution.objects.get_or_create(
            institution=course.institution,
            course=course,
            session=None,
            teacher=teacher,
            first_day=first_day,
            last_day=last_day,
            ended_at=None,
            defaults={"given_by": by},
        )
    return given


def substitution_end(*, substitution: Substitution) -> None:
    """Take a lesson or a course back at once. What was given stays on record. Ending it twice changes nothing."""
    given = Substitution.objects.for_institution(substitution.institution).filter(pk=substitution.pk, ended_at=None)
    given.update(ended_at=timezone.now())


def _refuse(course: Course, teacher: Membership) -> None:
    if teacher.institution_id != course.institution_id or teacher.role not in (Role.TEACHER, Role.ADMIN):
        raise NotATeacher
    if Teaching.objects.for_institution(course.institution).filter(course=course, teacher=teacher).exists():
        raise TeachesAlready
