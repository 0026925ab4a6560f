"""The lessons of coming weeks: computed from the timetable, its exceptions and days off, not stored ahead."""

from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import Institution, Membership
from attendance.lessons.selectors import PLANNED
from attendance.lessons.substitutes import Substitutes, read_substitutes, taken_by
from attendance.lessons.timetable import days_off_on, is_lesson_day, plan_of, today_of
from attendance.models import ClassSession, DayOff, TimetableSlot
from enrollment.models import Course

State = ClassSession.State


@dataclass(frozen=True, slots=True)
class Lesson:
    """A lesson that is, was, or will be held, or was cancelled. Times are UTC.

    session_id: its register's, None where nothing is stored yet. slot_id and slot_day: its weekly lesson, and the day
    on which the timetable has it (None: it is outside the timetable). changed_at: the last change by a person.
    substitutes: names of those who take it instead.
    """

    course: Course
    session_id: UUID | None
    slot_id: UUID | None
    slot_day: date | None
    starts_at: datetime
    ends_at: datetime
    room: str
    state: str
    reason: str
    changed_at: datetime | None
    substitutes: tuple[str, ...]

    @property
    def is_cancelled(self) -> bool:
        return self.state == State.CANCELLED

    @property
    def is_planned(self) -> bool:
        """True if it may still be moved, cancelled and brought back: its register was not opened."""
        return self.state in PLANNED

    def is_among(self, taken: Substitutes, zone: ZoneInfo) -> bool:
        """True if it is one of the lessons that a member takes for others (`taken_by`)."""
        return bool(taken.of(self.session_id, self.course.pk, timezone.localdate(self.starts_at, zone)))

    @property
    def uid(self) -> str:
        """Identifier in every calendar: the same before and after the lesson is stored, wherever it is moved."""
        return f"{self.slot_id}-{self.slot_day}" if self.slot_id else str(self.session_id)


def lessons_between(
    institution: Institution,
    courses: Collection[Course],
    first: date,
    last: date,
    substitutes: Substitutes | None = None,
) -> list[Lesson]:
    """The lessons of some courses from day to day, both included, earliest first. Four queries.

    Days are the institution's own. From today on they follow the timetable, before today they are as stored.
    substitutes: of these courses, where they were read already.
    """
    if not courses:
        return []
    today = today_of(institution)
    sessions = list(_sessions(institution, courses, first, last))
    substitutes = read_substitutes(institution, courses) if substitutes is None else substitutes
    following = {(row.slot_id, row.slot_day): row for row in sessions if _follows(row, today)}
    fixed = [row for row in sessions if not _follows(row, today)]
    taken = {(row.slot_id, row.slot_day) for row in fixed if row.slot_id}
    days_off = list(days_off_on(institution, first, last))
    singles = [row for row in fixed if _follows_days_off(row, today)]
    for row in singles:
        name = _day_off(days_off, row.course_id, row.local_date)
        row.state = State.CANCELLED if name else State.SCHEDULED
        row.reason = name or row.own_reason
    lessons = [_stored(row, substitutes) for row in fixed if first <= row.local_date <= last]
    for slot, day, day_off in _lesson_days(institution, courses, max(first, today), last, days_off):
        if (slot.pk, day) not in taken:
            lessons.append(_computed(slot, day, day_off, following.get((slot.pk, day)), substitutes))
    return sorted(lessons, key=lambda lesson: (lesson.starts_at, lesson.course.name_key))


def lessons_of(membership: Membership, first: date, last: date) -> list[Lesson]:
    """A member's own lessons: of the courses they teach, and those that they take for somebody else."""
    own = Course.objects.for_institution(membership.institution).filter(is_active=True, teachings__teacher=membership)
    taken, mine = taken_by(membership)
    courses = {course.pk: course for course in [*taken, *own]}
    found = lessons_between(membership.institution, courses.values(), first, last)
    theirs = {course.pk for course in own}
    zone = membership.institution.zone
    return [lesson for lesson in found if lesson.course.pk in theirs or lesson.is_among(mine, zone)]


def _sessions(institution: Institution, courses: Collection[Course], first: date, last: date) -> QuerySet[ClassSession]:
    """Sessions that are held on these days, or belong to a lesson that the timetable has on one of them."""
    rows = ClassSession.objects.for_institution(institution).filter(course__in=courses).select_related("course")
    return rows.filter(Q(local_date__range=(first, last)) | Q(slot_day__range=(first, last)))


def _follows(session: ClassSession, today: date) -> bool:
    """True if a session still follows the timetable: nobody opened or changed it, and its day is not over."""
    if session.slot_day is None or session.slot_day < today:
        return False
    return session.changed_at is None and session.state in PLANNED


def _follows_days_off(session: ClassSession, today: date) -> bool:
    """True if a lesson outside the timetable, or one that was moved, still follows days off: nobody opened it, or
    changed it since."""
    if session.local_date < today or session.state not in PLANNED:
        return False
    return session.follows_days_off or (session.slot_day is None and session.changed_at is None)


def _lesson_days(
    institution: Institution, courses: Collection[Course], first: date, last: date, days_off: list[DayOff]
) -> Iterator[tuple[TimetableSlot, date, str | None]]:
    """Each weekly lesson's days in a span, with the name of the day off that each may be."""
    slots = TimetableSlot.objects.for_institution(institution).filter(course__in=courses, first_day__lte=last)
    weekly = list(slots.filter(Q(last_day=None) | Q(last_day__gte=first)).select_related("course"))
    for slot in weekly:
        slot.institution = institution
        day = first + timedelta(days=(slot.weekday - first.weekday()) % 7)
        while day <= last:
            if is_lesson_day(slot, day):
                yield slot, day, _day_off(days_off, slot.course_id, day)
            day += timedelta(days=7)


def _day_off(days_off: list[DayOff], course_id: UUID, day: date) -> str | None:
    covering = (each for each in days_off if each.first_day <= day <= each.last_day)
    return next((each.name for each in covering if each.course_id in (None, course_id)), None)


def _computed(
    slot: TimetableSlot, day: date, day_off: str | None, row: ClassSession | None, substitutes: Substitutes
) -> Lesson:
    return Lesson(
        course=slot.course,
        session_id=row.pk if row else None,
        slot_id=slot.pk,
        slot_day=day,
        **asdict(plan_of(slot, day, day_off)),
        changed_at=None,
        substitutes=substitutes.of(row.pk if row else None, slot.course_id, day),
    )


def _stored(session: ClassSession, substitutes: Substitutes) -> Lesson:
    return Lesson(
        course=session.course,
        session_id=session.pk,
        slot_id=session.slot_id,
        slot_day=session.slot_day,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        room=session.room,
        state=session.state,
        reason=session.reason,
        changed_at=session.changed_at,
        substitutes=substitutes.of(session.pk, session.course_id, session.local_date),
    )
