"""Everybody who may be in the building, each with their place at a moment: students, staff and visitors."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import Institution, Membership, Role
from attendance.domain.day import StudentDay
from attendance.domain.evacuation import Person, is_expected
from attendance.lessons.substitutes import read_substitutes, regular_teachers
from attendance.models import ClassSession, Visitor
from attendance.office.people import groups_of
from attendance.office.school_day import SchoolDay, read_school_day
from enrollment.models import Student


def people_at(institution: Institution, *, at: datetime | None = None) -> list[Person]:
    """Everybody's place at an instant (default: now), by place and name. Raises StoreUnavailable."""
    day = read_school_day(institution, at=at)
    people = [*_students(day), *_staff(day), *_visitors(day)]
    return sorted(people, key=lambda person: (not person.is_expected, person.place == "", person.place, person.name))


def _students(day: SchoolDay) -> Iterable[Person]:
    running = _running(day)
    teachers = _teachers(day, running.values())
    groups = groups_of(day.institution)
    rows = Student.objects.for_institution(day.institution).filter(is_active=True)
    for pk, name in rows.order_by("name_key").values_list("pk", "name"):
        each, session = day.students.get(pk), running.get(pk)
        yield Person(
            subject=pk,
            kind="student",
            name=name,
            place=_place(session) if session else "",
            teacher=teachers.get(session.pk, "") if session else "",
            group=groups.get(pk, ""),
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


def _teachers(day: SchoolDay, sessions: Iterable[ClassSession]) -> dict[UUID, str]:
    """The names of those who take these lessons."""
    wanted = {session.pk: session for session in sessions}
    if not wanted:
        return {}
    courses = {session.course for session in wanted.values()}
    others = read_substitutes(day.institution, courses)
    regular = regular_teachers(day.institution, {course.pk for course in courses})
    return {
        pk: ", ".join(others.of(pk, session.course_id, day.day)) or regular.get(session.course_id, "")
        for pk, session in wanted.items()
    }


def _staff(day: SchoolDay) -> Iterable[Person]:
    """The school's staff; expected are those who take a lesson at the moment."""
    running = [session for session in day.sessions if session.starts_at <= day.at < session.ends_at]
    named: dict[str, list[ClassSession]] = defaultdict(list)
    for pk, names in _teachers(day, running).items():
        session = next(each for each in running if each.pk == pk)
        for name in names.split(", "):
            named[name].append(session)
    members = Membership.objects.for_institution(day.institution).filter(
        role__in=[Role.TEACHER, Role.ADMIN, Role.PRINCIPAL], user__is_active=True
    )
    for user_id, name in members.order_by("user__name_key").values_list("user_id", "user__name"):
        place = _place(named[name][0]) if named.get(name) else ""
        yield Person(user_id, "staff", name, place=place, is_expected=bool(place))


def _visitors(day: SchoolDay) -> Iterable[Person]:
    for visitor in visitors_at(day.institution, day.at):
        yield Person(visitor.pk, "visitor", visitor.name, place=visitor.place, teacher=visitor.host)


def visitors_at(institution: Institution, at: datetime) -> list[Visitor]:
    """The visitors who are in the building at an instant; who did not sign out is gone with the night."""
    midnight = at.astimezone(institution.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = Visitor.objects.for_institution(institution).filter(arrived_at__gte=midnight, arrived_at__lte=at)
    return list(rows.filter(Q(left_at=None) | Q(left_at__gt=at)).order_by("name"))
