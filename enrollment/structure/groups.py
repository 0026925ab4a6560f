"""Services for form groups: who is in one, and the rosters that it fills.

A roster follows its groups: a student who joins a group joins the rosters of its courses, and leaves them with it,
unless another group of the course has them too. Students who were put on a roster on their own stay there.
"""

from collections.abc import Iterable

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from accounts.models import Institution, Membership
from enrollment.errors import EnrollmentError
from enrollment.models import Course, CourseGroup, Enrollment, Group, GroupPlace, SchoolYear, Student


def group_save(
    *,
    institution: Institution,
    name: str,
    year: SchoolYear | None,
    grade: str = "",
    tutor: Membership | None = None,
    group: Group | None = None,
) -> Group:
    """Add a group, or change one. Raises EnrollmentError `group_exists`; ValidationError."""
    group = group or Group(institution=institution)
    group.name, group.year, group.grade, group.tutor = name, year, grade, tutor
    group.full_clean(validate_unique=False, validate_constraints=False)
    try:
        with transaction.atomic():
            group.save()
    except IntegrityError as error:
        raise EnrollmentError("group_exists", _("There is a group of this name in this year already.")) from error
    return group


def group_delete(*, group: Group) -> None:
    """Delete a group. Its students stay, and leave the rosters that it brought them onto."""
    with transaction.atomic():
        for link in list(group.course_groups.select_related("course")):
            course_group_remove(course=link.course, group=group)
        group.delete()


def group_student_add(*, group: Group, students: Iterable[Student]) -> int:
    """Put students into a group and onto the rosters of its courses; returns how many are new in the group."""
    institution = group.institution
    with transaction.atomic():
        held = set(group.places.values_list("student_id", flat=True))
        wanted = {student.pk: student for student in students if student.institution_id == institution.pk}
        new = [student for pk, student in wanted.items() if pk not in held]
        places = [GroupPlace(institution=institution, group=group, student=student) for student in new]
        GroupPlace.objects.bulk_create(places, ignore_conflicts=True)
        for course in group.courses.all():
            _enrol(course, group, new)
    return len(new)


def group_student_remove(*, group: Group, student: Student) -> None:
    """Take a student out of a group, and off the rosters that it alone brought them onto."""
    with transaction.atomic():
        group.places.filter(student=student).delete()
        brought = Enrollment.objects.for_institution(group.institution).filter(group=group, student=student)
        _hand_over(brought, group)


def course_group_add(*, course: Course, group: Group) -> int:
    """Teach a group in a course: its students join the roster. Returns how many were not on it."""
    with transaction.atomic():
        CourseGroup.objects.get_or_create(institution=course.institution, course=course, group=group)
        return _enrol(course, group, group.students.filter(is_active=True))


def course_group_remove(*, course: Course, group: Group) -> None:
    """Teach a group in a course no more: those whom it brought leave the roster."""
    with transaction.atomic():
        course.course_groups.filter(group=group).delete()
        _hand_over(course.enrollments.filter(group=group), group)


def _enrol(course: Course, group: Group, students: Iterable[Student]) -> int:
    on_roster = set(course.enrollments.values_list("student_id", flat=True))
    new = [student for student in students if student.pk not in on_roster]
    rows = [Enrollment(institution=course.institution, course=course, student=each, group=group) for each in new]
    Enrollment.objects.bulk_create(rows, ignore_conflicts=True)
    return len(new)


def _hand_over(brought: Iterable[Enrollment], group: Group) -> None:
    """Give places on rosters to another group that brings the same student, and delete the others."""
    for row in list(brought):
        places = GroupPlace.objects.filter(group=OuterRef("pk"), student=row.student_id)
        teaches = CourseGroup.objects.filter(group=OuterRef("pk"), course=row.course_id)
        others = Group.objects.for_institution(group.institution).filter(Exists(places), Exists(teaches))
        other = others.exclude(pk=group.pk).first()
        if other is None:
            row.delete()
        else:
            row.group = other
            row.save(update_fields=["group"])
