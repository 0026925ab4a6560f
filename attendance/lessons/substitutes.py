"""Substitutes: the lessons that members take for others, their access, and the names on everybody's pages."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from operator import itemgetter
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import DateField, Exists, Field, OuterRef, Q, QuerySet, UUIDField, Value
from django.db.models.functions import Cast
from django.utils import timezone

from accounts.models import Institution, Membership, Role, User
from attendance.lessons.errors import NotATeacher, SpanBackwards, TeachesAlready
from attendance.models import ClassSession, Substitution
from enrollment.models import Course, Teaching

_TAKES = (
    "course_id",
    "session_id",
    "first_day",
    "last_day",
    "teacher__user__name_key",
    "teacher__user__name",
    "teacher__user_id",
)
_NAME_KEY = 1 + _TAKES.index("teacher__user__name_key")  # after the column that says which kind a row is


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


@dataclass(frozen=True, slots=True)
class Takers:
    """Those who take the lessons of some courses. regular: names of the teachers by course, joined by commas.

    teachers: their accounts; given: the columns `_TAKES` of the substitutions.
    """

    regular: dict[UUID, str]
    substitutes: Substitutes
    teachers: Mapping[UUID, set[UUID]]
    given: Sequence[Sequence[Any]]

    def of(self, session_id: UUID | None, course_id: UUID, day: date) -> str:
        """Names of those who take a lesson of a course on a day: its substitutes, else the regular teachers."""
        return ", ".join(self.substitutes.of(session_id, course_id, day)) or self.regular.get(course_id, "")

    def accounts(self, session: ClassSession) -> set[UUID]:
        """The accounts of those who take a lesson: its substitutes, else the regular teachers."""
        given = {row[-1] for row in self.given if _takes(row, session)}
        return given or self.teachers.get(session.course_id, set())


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
    return _names(_given(institution).filter(course__in=courses).values_list(*_TAKES))


def read_takers(institution: Institution, course_ids: Collection[UUID]) -> Takers:
    """Regular teachers and substitutes of these courses, those whose accounts are in use. One query; none without a
    course."""
    if not course_ids:
        return Takers({}, Substitutes({}, {}), {}, ())
    always: dict[str, Field[Any, Any]] = {"session_id": UUIDField(), "first_day": DateField(), "last_day": DateField()}
    among = {"course__in": course_ids, "teacher__user__is_active": True}
    teachings = Teaching.objects.for_institution(institution).filter(**among)
    teachings = teachings.annotate(**{name: Cast(Value(None), field) for name, field in always.items()})
    given = _given(institution).filter(**among)
    regular, substitutes = (
        rows.order_by().annotate(is_regular=Value(is_regular)).values_list("is_regular", *_TAKES)
        for rows, is_regular in ((teachings, True), (given, False))
    )
    names: dict[UUID, list[str]] = defaultdict(list)
    accounts: dict[UUID, set[UUID]] = defaultdict(set)
    others = []
    for is_regular, *row in sorted(regular.union(substitutes, all=True), key=itemgetter(_NAME_KEY)):
        if is_regular:
            names[row[0]].append(row[-2])
            accounts[row[0]].add(row[-1])
        else:
            others.append(row)
    joined = {course_id: ", ".join(found) for course_id, found in names.items()}
    return Takers(joined, _names(others), accounts, others)


def taken_by(membership: Membership) -> tuple[list[Course], Substitutes]:
    """The courses that a member takes for others, in part or for a time, and which lessons of them. One query."""
    given = list(substitutions_of(membership))
    taken = [
        (each.course_id, each.session_id, each.first_day, each.last_day, "", each.teacher.user.name, None)
        for each in given
    ]
    return list({each.course.pk: each.course for each in given}.values()), _names(taken)


def _takes(given: Sequence[Any], session: ClassSession) -> bool:
    """given: the columns `_TAKES` of a substitution."""
    course_id, session_id, first_day, last_day, *_who = given
    if session_id:
        return bool(session_id == session.pk)
    if course_id != session.course_id or not (first_day and last_day):
        return False
    return bool(first_day <= session.local_date <= last_day)


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


def _names(given: Iterable[Sequence[Any]]) -> Substitutes:
    """given: the columns `_TAKES` of substitutions."""
    by_session: dict[UUID, tuple[str, ...]] = defaultdict(tuple)
    by_course: dict[UUID, tuple[tuple[date, date, str], ...]] = defaultdict(tuple)
    for course_id, session_id, first_day, last_day, _key, name, _account in given:
        if session_id:
            by_session[session_id] += (name,)
        elif first_day and last_day:
            by_course[course_id] += ((first_day, last_day, name),)
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
