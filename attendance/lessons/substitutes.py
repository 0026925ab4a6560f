"""Substitutes: the lessons that members take for others, their access, and the names on everybody's pages."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import Institution, Membership, Role, User
from attendance.lessons.errors import NotATeacher, SpanBackwards, TeachesAlready
from attendance.models import ClassSession, Substitution
from enrollment.models import Course, Teaching


@dataclass(frozen=True, slots=True)
class Substitutes:
    """Names of substitutes by session, and by course for a span of days (first, last, name)."""

    by_session: dict[UUID, tuple[str, ...]]
    by_course: dict[UUID, tuple[tuple[date, date, str], ...]]

    def of(self, session_id: UUID | None, course_id: UUID, day: date) -> tuple[str, ...]:
        """Names of those who take a lesson of a course on a day; `session_id` is None where nothing is stored yet."""
        single = self.by_session.get(session_id, ()) if session_id else ()
        spans = [name for first, last, name in self.by_course.get(course_id, ()) if first <= day <= last]
        return tuple(dict.fromkeys([*single, *spans]))


def takes_now(membership: Membership) -> Q:
    """Condition for a query of sessions: the member takes the session for somebody else, today.

    One lesson: on the day on which it is held. A span: its lessons, while it lasts. Days are the institution's own; a
    lesson that runs over midnight is theirs until it ends.
    """
    today = timezone.localdate(timezone=membership.institution.zone)
    yesterday = today - timedelta(days=1)
    still_on = Q(local_date=yesterday, ends_at__gt=timezone.now())
    return Q(_takes_on(membership, today)) | still_on & Q(_takes_on(membership, yesterday))


def _takes_on(membership: Membership, day: date) -> Exists:
    single = Q(session=OuterRef("pk"), session__local_date=day)
    its_days = Q(first_day__lte=OuterRef("local_date"), last_day__gte=OuterRef("local_date"))
    span = Q(session=None, course=OuterRef("course"), first_day__lte=day, last_day__gte=day) & its_days
    return Exists(_given(membership.institution).filter(single | span, teacher=membership, course__is_active=True))


def substitutions_of(membership: Membership) -> QuerySet[Substitution]:
    """The lessons and courses that the member takes for others from today on."""
    given = _coming(membership.institution).filter(teacher=membership, course__is_active=True)
    return given.select_related("course", "teacher__user")


def substitutions_given(course: Course) -> QuerySet[Substitution]:
    """Substitutions for the course, or a lesson of it, from today on, with their sessions."""
    return _coming(course.institution).filter(course=course).select_related("teacher__user", "session")


def read_substitutes(institution: Institution, courses: Collection[Course]) -> Substitutes:
    """Names of those who take lessons of these courses, for the pages of all who see them. One query."""
    return _names(_given(institution).filter(course__in=courses).select_related("teacher__user"))


def taken_by(membership: Membership) -> tuple[list[Course], Substitutes]:
    """The courses that a member takes for others, in part or for a time, and which lessons of them. One query."""
    given = list(substitutions_of(membership))
    return list({each.course.pk: each.course for each in given}.values()), _names(given)


def regular_teachers(institution: Institution, course_ids: Collection[UUID]) -> dict[UUID, str]:
    """Names of the regular teachers by course, joined by commas."""
    teachings = Teaching.objects.for_institution(institution).filter(course__in=course_ids)
    names: dict[UUID, list[str]] = defaultdict(list)
    for course_id, name in teachings.order_by("teacher__user__name_key").values_list(
        "course_id", "teacher__user__name"
    ):
        names[course_id].append(name)
    return {course_id: ", ".join(found) for course_id, found in names.items()}


def possible_substitutes(course: Course) -> QuerySet[Membership]:
    """The staff of the school who can take the course's lessons, by name: all who do not teach it themselves."""
    staff = Membership.objects.for_institution(course.institution).filter(role__in=[Role.TEACHER, Role.ADMIN])
    others = staff.filter(user__is_active=True).exclude(teachings__course=course)
    return others.select_related("user").order_by("user__name_key")


def _given(institution: Institution) -> QuerySet[Substitution]:
    return Substitution.objects.for_institution(institution).filter(ended_at=None)


def _coming(institution: Institution) -> QuerySet[Substitution]:
    today = timezone.localdate(timezone=institution.zone)
    return _given(institution).filter(Q(last_day__gte=today) | Q(session__local_date__gte=today))


def _names(given: Iterable[Substitution]) -> Substitutes:
    by_session: dict[UUID, tuple[str, ...]] = defaultdict(tuple)
    by_course: dict[UUID, tuple[tuple[date, date, str], ...]] = defaultdict(tuple)
    for each in given:
        name = each.teacher.user.name
        if each.session_id:
            by_session[each.session_id] += (name,)
        elif each.first_day and each.last_day:
            by_course[each.course_id] += ((each.first_day, each.last_day, name),)
    return Substitutes(dict(by_session), dict(by_course))


def lesson_assign_substitute(*, session: ClassSession, teacher: Membership, by: User) -> Substitution:
    """Let another teacher take one lesson, on whichever day it is held. Repeating the call changes nothing.

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


def course_assign_substitute(
    *, course: Course, teacher: Membership, first_day: date, last_day: date, by: User
) -> Substitution:
    """Let another teacher take a course's lessons from day to day, both included. Repeating the call changes nothing.

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
    """End a substitution at once. It stays on record. Repeating the call changes nothing."""
    given = Substitution.objects.for_institution(substitution.institution).filter(pk=substitution.pk, ended_at=None)
    given.update(ended_at=timezone.now())


def _refuse(course: Course, teacher: Membership) -> None:
    if teacher.institution_id != course.institution_id or teacher.role not in (Role.TEACHER, Role.ADMIN):
        raise NotATeacher
    if Teaching.objects.for_institution(course.institution).filter(course=course, teacher=teacher).exists():
        raise TeachesAlready
