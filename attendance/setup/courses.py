"""Service that adds a course with everything that its first lesson needs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time

from django.db import transaction

from accounts.addresses import Addresses
from accounts.invitations.inviting import invitation_create
from accounts.models import Institution, Invitation, Membership, Role, User
from attendance.lessons.timetable import today_of
from attendance.models import TimetableSlot
from enrollment.models import Course, Group, SchoolYear
from enrollment.structure.groups import course_group_add
from enrollment.structure.teaching import course_save_new, course_teacher_add, course_teacher_promise, free_code


@dataclass(frozen=True, slots=True)
class Hour:
    """A weekly lesson as typed. weekday: 0 is Monday."""

    weekday: int
    starts: time
    ends: time


@dataclass(frozen=True, slots=True)
class TeacherInput:
    """Teacher of a new course: a member, somebody who was invited, somebody to invite now (name, email), or nobody."""

    member: Membership | None = None
    invited: Invitation | None = None
    name: str = ""
    email: str = ""


def course_add(
    *,
    institution: Institution,
    name: str,
    code: str,
    year: SchoolYear | None,
    room: str,
    groups: Iterable[Group],
    teacher: TeacherInput,
    hours: Sequence[Hour],
    by: User,
    addresses: Addresses,
) -> Course:
    """Add a course with its teacher, its roster from groups, and its weekly lessons; all of it or nothing.

    code: empty to make it from the name.
    Lessons are planned through the year, from today if it has begun. Raises EnrollmentError `course_exists`, the
    AccountErrors of `invitation_create`, ValidationError.
    """
    with transaction.atomic():
        course = course_save_new(
            institution=institution, name=name, code=code or free_code(institution, name), year=year, room=room
        )
        for group in groups:
            course_group_add(course=course, group=group)
        _teacher_set(course, teacher, by, addresses)
        first, last = _days(institution, year)
        for hour in hours:
            slot = TimetableSlot(
                institution=institution, course=course, weekday=hour.weekday, starts=hour.starts, ends=hour.ends,
                first_day=first, last_day=last,
            )  # fmt: skip
            slot.full_clean(validate_unique=False)
            slot.save()
    return course


def _teacher_set(course: Course, teacher: TeacherInput, by: User, addresses: Addresses) -> None:
    if teacher.member:
        course_teacher_add(course=course, teacher=teacher.member)
    invited = teacher.invited
    if teacher.email:
        invited = invitation_create(
            institution=course.institution, email=teacher.email, name=teacher.name, role=Role.TEACHER, by=by,
            request=addresses,
        )  # fmt: skip
    if invited:
        course_teacher_promise(course=course, invitation=invited)


def _days(institution: Institution, year: SchoolYear | None) -> tuple[date, date | None]:
    """First and last day of the weekly lessons: the year's, from today on if it has begun."""
    today = today_of(institution)
    return (max(today, year.starts_on), year.ends_on) if year else (today, None)
