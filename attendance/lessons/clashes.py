"""Double bookings: lessons that need the same teacher, the same room or the same students at the same time."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Institution
from attendance.domain.hours import length_of
from attendance.lessons.coming import lessons_between
from attendance.models import ClassSession, TimetableSlot
from enrollment.models import Course, Enrollment, Teaching

MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Clash:
    """Another lesson at the same time, and what both need, in words."""

    lesson: str
    shared: tuple[str, ...]

    def __str__(self) -> str:
        names = {"lesson": self.lesson, "shared": ", ".join(self.shared)}
        return _("At the same time as %(lesson)s: %(shared)s.") % names


def slot_clashes(slot: TimetableSlot) -> list[Clash]:
    """The weekly lessons that a slot, stored or not, is double-booked with."""
    others = (
        TimetableSlot.objects.for_institution(slot.institution)
        .exclude(pk=slot.pk)
        .filter(Q(last_day=None) | Q(last_day__gte=slot.first_day), weekday=slot.weekday, course__is_active=True)
    )
    if slot.last_day:
        others = others.filter(first_day__lte=slot.last_day)
    at_once = [each for each in others.select_related("course") if _overlap(slot, each)]
    people = _People(slot.institution, {slot.course_id, *(each.course_id for each in at_once)})
    room = slot.room or slot.course.room
    found = ((each, people.shared(slot.course, room, each.course, each.room or each.course.room)) for each in at_once)
    return [
        Clash(f"{each.course}, {each.get_weekday_display()} {each.starts:%H:%M}–{each.ends:%H:%M}", shared)
        for each, shared in found
        if shared
    ][:MOST_NAMED]


def session_clashes(session: ClassSession) -> list[Clash]:
    """The lessons of the same day that a single lesson, stored, is double-booked with."""
    courses = list(Course.objects.for_institution(session.institution).filter(is_active=True))
    day = session.local_date
    lessons = lessons_between(session.institution, courses, day - timedelta(days=1), day + timedelta(days=1))
    at_once = [
        each
        for each in lessons
        if not each.is_cancelled and each.session_id != session.pk
        and each.starts_at < session.ends_at and session.starts_at < each.ends_at
    ]  # fmt: skip
    people = _People(session.institution, {session.course_id, *(each.course.pk for each in at_once)})
    found = ((each, people.shared(session.course, session.room, each.course, each.room)) for each in at_once)
    zone = session.institution.zone
    return [
        Clash(f"{each.course}, {_hours(each.starts_at, each.ends_at, zone)}", shared)
        for each, shared in found
        if shared
    ]


class _People:
    """Teachers and active students of some courses. Two queries."""

    def __init__(self, institution: Institution, courses: Collection[UUID]) -> None:
        teachings = Teaching.objects.for_institution(institution).filter(course__in=courses)
        places = Enrollment.objects.for_institution(institution).filter(course__in=courses, student__is_active=True)
        self.teachers = _by_course(teachings.values_list("course_id", "teacher_id"))
        self.students = _by_course(places.values_list("course_id", "student_id"))

    def shared(self, course: Course, room: str, other: Course, other_room: str) -> tuple[str, ...]:
        """Needs that two lessons at the same time have in common, in words."""
        found = []
        if room and room.casefold() == other_room.casefold():
            found.append(_("the same room"))
        if course.pk == other.pk:
            return (*found, _("the same course"))
        if self.teachers[course.pk] & self.teachers[other.pk]:
            found.append(_("the same teacher"))
        if self.students[course.pk] & self.students[other.pk]:
            found.append(_("the same students"))
        return tuple(found)


def _by_course(rows: Iterable[tuple[UUID, UUID | int]]) -> defaultdict[UUID, set[UUID | int]]:
    found: defaultdict[UUID, set[UUID | int]] = defaultdict(set)
    for course, person in rows:
        found[course].add(person)
    return found


def _overlap(slot: TimetableSlot, other: TimetableSlot) -> bool:
    monday = datetime(2001, 1, 1)
    begins, starts = datetime.combine(monday, slot.starts), datetime.combine(monday, other.starts)
    return begins < starts + length_of(other.starts, other.ends) and starts < begins + length_of(slot.starts, slot.ends)


def _hours(starts_at: datetime, ends_at: datetime, zone: object) -> str:
    begins, ends = (timezone.localtime(moment, zone) for moment in (starts_at, ends_at))  # type: ignore[arg-type]
    return f"{begins:%H:%M}–{ends:%H:%M}"
