"""Services for who teaches a course: members, and people who were invited and have not answered yet."""

import re
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import Institution, Invitation, Membership
from enrollment.errors import EnrollmentError
from enrollment.models import Course, InvitedTeacher, SchoolYear, Teaching

LONGEST_CODE = 34  # of the name's letters: a number may follow


def course_save_new(
    *, institution: Institution, name: str, code: str, year: SchoolYear | None, room: str = ""
) -> Course:
    """Add a course. Raises EnrollmentError `course_exists`; ValidationError."""
    course = Course(institution=institution, name=name, code=code, year=year, room=room)
    course.full_clean(validate_unique=False, validate_constraints=False)
    try:
        with transaction.atomic():
            course.save(force_insert=True)
    except IntegrityError as error:
        raise EnrollmentError("course_exists", _("There is a course with this code already.")) from error
    return course


def free_code(institution: Institution, name: str) -> str:
    """A code that no course has, made from a course's name: "Physics 10B" is PHYSICS-10B, the next PHYSICS-10B-2."""
    words = "-".join(re.findall(r"[^\W_]+", name.upper()))[:LONGEST_CODE].strip("-") or "COURSE"
    courses = Course.objects.for_institution(institution).filter(code__startswith=words)
    taken = set(courses.values_list("code", flat=True))
    return next(code for code in (words, *(f"{words}-{n}" for n in range(2, 10_000))) if code not in taken)


def course_teacher_add(*, course: Course, teacher: Membership) -> None:
    """Let a member teach a course. Repeating it changes nothing."""
    Teaching.objects.get_or_create(institution=course.institution, course=course, teacher=teacher)


def course_teacher_promise(*, course: Course, invitation: Invitation) -> None:
    """Let somebody teach a course as soon as they accept their invitation. Repeating it changes nothing."""
    InvitedTeacher.objects.get_or_create(institution=course.institution, course=course, invitation=invitation)


def teachings_of_invited(sender: Any, *, invitation: Invitation, membership: Membership, **kwargs: Any) -> None:
    """Receiver of `invitation_accepted`: what was promised to an invited person is theirs to teach."""
    promised = InvitedTeacher.objects.for_institution(invitation.institution).filter(invitation=invitation)
    for each in promised.select_related("course__institution"):
        course_teacher_add(course=each.course, teacher=membership)
    promised.delete()
