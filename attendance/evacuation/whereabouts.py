"""Everybody who may be in the building, each with their place at a moment: students, staff and visitors."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import Institution, Membership, Role
from attendance.domain.day import StudentDay
from attendance.domain.evacuation import Person, is_expected
from attendance.lessons.substitutes import Takers, read_takers
from attendance.models import ClassSession, Visitor
from attendance.office.school_day import SchoolDay, read_school_day, read_school_day_unmarked
from attendance.repositories.base import StoreUnavailable
from enrollment.models import Student
from enrollment.selectors import group_name

logger = logging.getLogger(__name__)


def people_at(
    institution: Institution, *, at: datetime | None = None, visitors: Sequence[Visitor] | None = None
) -> list[Person]:
    """Everybody's place at an instant (default: now), by place and name.

    visitors: those of the instant, where they were read already. While the marks cannot be read, everybody who has a
    lesson is to be found: nobody waits for a store while it burns.
    """
    try:
        day = read_school_day(institution, at=at)
    except StoreUnavailable as error:
        logger.warning("The evacuation list is read without marks: %s", error.code)
        day = read_school_day_unmarked(institution, at=at)
    on = [session for session in day.sessions if session.starts_at <= day.at < session.ends_at]
    takers = read_takers(institution, {session.course_id for session in on})
    teachers = {session.pk: takers.of(session.pk, session.course_id, day.day) for session in on}
    visitors = visitors_at(institution, day.at) if visitors is None else visitors
    people = [*_students(day, teachers), *_staff(day, on, takers), *_visitors(visitors)]
    return sorted(people, key=lambda person: (not person.is_expected, person.place == "", person.place, person.name))


def _students(day: SchoolDay, teachers: Mapping[UUID, str]) -> Iterable[Person]:
    running = _running(day)
    on = {session.pk: session for session in running.values()}
    places = {pk: _place(session) for pk, session in on.items()}
    rows = Student.objects.for_institution(day.institution).filter(is_active=True).annotate(group=group_name())
    for pk, name, group in rows.order_by("name_key").values_list("pk", "name", "group"):
        each, session = day.students.get(pk), running.get(pk)
        yield Person(
            subject=pk,
            kind="student",
            name=name,
            place=places[session.pk] if session else "",
            teacher=teachers.get(session.pk, "") if session else "",
            group=group,
            is_expected=is_expected(each.standing if each else None),
            standing=_standing(each),
        )


def _standing(each: StudentDay | None) -> str:
    return each.standing.value if each else "none"


def _running(day: SchoolDay) -> dict[UUID, ClassSession]:
    """The lesson that each student is in at the moment; the last one that began, where two overlap."""
    return {
        student_id: session
        for session, lesson in zip(day.sessions, day.lessons, strict=True)
        if session.starts_at <= day.at < session.ends_at
        for student_id in lesson.marks
    }


def _place(session: ClassSession) -> str:
    room = session.room or session.course.room
    return _("Room %s") % room if room else session.course.name


def _staff(day: SchoolDay, on: Sequence[ClassSession], takers: Takers) -> Iterable[Person]:
    """The school's staff; expected are those who take one of the lessons that are on."""
    taken: dict[UUID, ClassSession] = {}
    for session in on:
        for user_id in takers.accounts(session):
            taken.setdefault(user_id, session)
    members = Membership.objects.for_institution(day.institution).filter(
        role__in=[Role.TEACHER, Role.ADMIN, Role.PRINCIPAL], user__is_active=True
    )
    for user_id, name in members.order_by("user__name_key").values_list("user_id", "user__name"):
        place = _place(taken[user_id]) if user_id in taken else ""
        yield Person(user_id, "staff", name, place=place, is_expected=bool(place))


def _visitors(visitors: Iterable[Visitor]) -> Iterable[Person]:
    for visitor in visitors:
        yield Person(visitor.pk, "visitor", visitor.name, place=visitor.place, teacher=visitor.host)


def visitors_at(institution: Institution, at: datetime) -> list[Visitor]:
    """The visitors who are in the building at an instant; who did not sign out is gone with the night."""
    midnight = at.astimezone(institution.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = Visitor.objects.for_institution(institution).filter(arrived_at__gte=midnight, arrived_at__lte=at)
    return list(rows.filter(Q(left_at=None) | Q(left_at__gt=at)).order_by("name"))
