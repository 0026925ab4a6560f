"""Single lessons: cancelled, moved, added, and brought back."""

from dataclasses import asdict, dataclass
from datetime import date, datetime, time
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from attendance.lessons.errors import LessonBegun, LessonExists, NoSuchLesson
from attendance.lessons.selectors import PLANNED
from attendance.lessons.timetable import Plan, day_off_of, is_lesson_day, plan_of, session_of, wall_times
from attendance.models import ClassSession, TimetableSlot
from enrollment.models import Course

State = ClassSession.State


@dataclass(frozen=True, slots=True)
class When:
    """Time and place of a lesson: a day, two times of the school's wall clock, and the room (empty: the course's)."""

    day: date
    starts: time
    ends: time
    room: str = ""


def lesson_of(*, slot: TimetableSlot, day: date) -> ClassSession:
    """The session of a weekly lesson on one of its days, created if it does not exist. Raises NoSuchLesson."""
    if not is_lesson_day(slot, day):
        raise NoSuchLesson
    return session_of(slot, day)


def lesson_cancel(*, session: ClassSession, reason: str, by: User) -> ClassSession:
    """Cancel a lesson. It stays, with its reason, and `lesson_restore` brings it back.

    Raises LessonBegun for one whose register was opened.
    """
    with transaction.atomic():
        session = _planned(session)
        session.state, session.reason, session.follows_days_off = State.CANCELLED, reason, False
        _changed(session, by)
    return session


def lesson_restore(*, session: ClassSession, by: User) -> ClassSession:
    """Bring a cancelled lesson back, at the time that it had, even on a day off. Raises LessonBegun.

    If it is then as the timetable has it, it follows the timetable from now on.
    """
    with transaction.atomic():
        session = _planned(session)
        session.state, session.reason = State.SCHEDULED, session.own_reason
        session.follows_days_off = day_off_of(session.course, session.local_date) is None
        _changed(session, by)
        if _is_as_planned(session):
            _follow_again(session)
    return session


def lesson_move(*, session: ClassSession, to: When, reason: str, by: User) -> ClassSession:
    """Hold a lesson at another time, on another day or in another room. Raises LessonBegun, LessonExists.

    A day off that is entered later over its new day cancels it; on one that is there already it is meant to be held.
    """
    starts_at, ends_at = wall_times(session.institution, to.day, to.starts, to.ends)
    with transaction.atomic():
        session = _planned(session)
        same_time = _lessons_at(session.course, starts_at).exclude(pk=session.pk)
        if same_time.exists():
            raise LessonExists
        session.starts_at, session.ends_at = starts_at, ends_at
        session.room = to.room or session.course.room
        session.state, session.reason, session.own_reason = State.SCHEDULED, reason, reason
        session.follows_days_off = day_off_of(session.course, to.day) is None
        _changed(session, by)
    return session


def lesson_follow(*, session: ClassSession) -> ClassSession:
    """Undo every change made by hand: the lesson is again as the timetable and the days off have it.

    Raises LessonBegun, and NoSuchLesson where the timetable has none on that day any more, or never had.
    """
    with transaction.atomic():
        session = _planned(session)
        wanted = _planned_as(session)
        if wanted is None:
            raise NoSuchLesson
        for name, value in asdict(wanted).items():
            setattr(session, name, value)
        _follow_again(session)
    return session


def lesson_add(*, course: Course, when: When, reason: str, by: User) -> ClassSession:
    """Plan a lesson outside the timetable. Raises LessonExists."""
    starts_at, ends_at = wall_times(course.institution, when.day, when.starts, when.ends)
    with transaction.atomic():
        Course.objects.select_for_update().get(pk=course.pk)
        if _lessons_at(course, starts_at).exists():
            raise LessonExists
        session: ClassSession = ClassSession.objects.create(
            institution=course.institution,
            course=course,
            starts_at=starts_at,
            ends_at=ends_at,
            room=when.room or course.room,
            reason=reason,
            own_reason=reason,
            changed_by=by,
            changed_at=stands_on_day_off(course, when.day),
        )
    return session


def lesson_put(*, course: Course, row: UUID | None, uid: str, when: When, reason: str, by: User) -> ClassSession:
    """Plan a single lesson of an imported calendar, or bring it to where the file has it now.

    row: the id of the present lesson, if any. Unlike one changed by hand it follows days off. Raises LessonExists, and
    LessonBegun where its register was opened meanwhile.
    """
    starts_at, ends_at = wall_times(course.institution, when.day, when.starts, when.ends)
    with transaction.atomic():
        Course.objects.select_for_update().get(pk=course.pk)
        others = _lessons_at(course, starts_at)
        if (others.exclude(pk=row) if row else others).exists():
            raise LessonExists
        rows = ClassSession.objects.for_institution(course.institution)
        if row:
            session = _planned(rows.get(pk=row))
        else:
            session = ClassSession(institution=course.institution, course=course, uid=uid)
        day_off = day_off_of(course, when.day)
        session.starts_at, session.ends_at, session.room = starts_at, ends_at, when.room or course.room
        session.state, session.reason = (State.CANCELLED, day_off) if day_off else (State.SCHEDULED, reason)
        session.own_reason, session.changed_by = reason, by
        session.changed_at, session.by_file = None, False
        session.save()
    return session


def lesson_take_over(*, session: ClassSession) -> None:
    """Note that the last change of a lesson was made by an imported calendar: a later file may take it back."""
    session.by_file = True
    session.save(update_fields=["by_file"])


def stands_on_day_off(course: Course, day: date) -> datetime | None:
    """`changed_at` of a lesson that a person adds: on a day off it is meant to be there, else it follows days off."""
    return timezone.now() if day_off_of(course, day) else None


def _planned(session: ClassSession) -> ClassSession:
    """The session's row, locked until the transaction ends. Raises LessonBegun if its register was opened."""
    rows = ClassSession.objects.for_institution(session.institution)
    locked = rows.select_related("institution", "course", "slot__course").select_for_update(of=("self",))
    found: ClassSession = locked.get(pk=session.pk)
    if found.state not in PLANNED:
        raise LessonBegun
    return found


def _changed(session: ClassSession, by: User) -> None:
    session.by_file = False
    session.changed_by, session.changed_at = by, timezone.now()
    session.save()


def _follow_again(session: ClassSession) -> None:
    session.changed_by = session.changed_at = None
    session.by_file = session.follows_days_off = False
    session.save()


def _lessons_at(course: Course, starts_at: datetime) -> QuerySet[ClassSession]:
    return ClassSession.objects.for_institution(course.institution).filter(course=course, starts_at=starts_at)


def _planned_as(session: ClassSession) -> Plan | None:
    """The lesson as the timetable and the days off have it now, or None where they have no such lesson."""
    if session.slot is None or session.slot_day is None or not is_lesson_day(session.slot, session.slot_day):
        return None
    session.slot.institution = session.institution
    return plan_of(session.slot, session.slot_day, day_off_of(session.slot.course, session.slot_day))


def _is_as_planned(session: ClassSession) -> bool:
    if session.slot_day is None:
        return day_off_of(session.course, session.local_date) is None
    held = Plan(session.starts_at, session.ends_at, session.room, session.state, session.reason)
    return held == _planned_as(session)
