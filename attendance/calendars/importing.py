"""Import of a calendar file as days off and lessons: first a plan of the changes, then the changes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Institution, User
from attendance.calendars.contents import CalendarFile, FileDays, FileLesson, FileWeekly, LeftOut
from attendance.calendars.dropped import Dropped, Kept, dropped_of, dropped_write, kept_of
from attendance.calendars.ics_in import AHEAD, calendar_read
from attendance.lessons.changes import (
    When,
    lesson_cancel,
    lesson_follow,
    lesson_move,
    lesson_of,
    lesson_put,
    lesson_take_over,
)
from attendance.lessons.clashes import Clash, slot_clashes
from attendance.lessons.errors import LessonBegun, LessonExists, NoSuchLesson
from attendance.lessons.selectors import PLANNED
from attendance.lessons.timetable import today_of, wall_times
from attendance.models import ClassSession, DayOff, TimetableSlot
from enrollment.models import Course

State = ClassSession.State


class Step(StrEnum):
    """Effect of an import on one thing in the file."""

    NEW = "new"
    CHANGE = "change"  # it exists already, but differs
    SAME = "same"  # it exists already: nothing happens


@dataclass(frozen=True, slots=True)
class DaysStep:
    """Days off; `was` is their present state, where they change. row: the present one."""

    step: Step
    days: FileDays
    was: str = ""
    row: UUID | None = None


@dataclass(frozen=True, slots=True)
class ExceptionStep:
    """A day on which a weekly lesson is cancelled (to: None) or moved, or held again as the timetable has it."""

    step: Step
    day: date
    to: When | None
    is_back: bool = False


@dataclass(frozen=True, slots=True)
class WeeklyStep:
    """A weekly lesson with its exceptions; `was` is its present time, where that changes. row: the present one."""

    step: Step
    weekly: FileWeekly
    exceptions: tuple[ExceptionStep, ...]
    was: str = ""
    row: UUID | None = None
    clashes: tuple[Clash, ...] = ()


@dataclass(frozen=True, slots=True)
class LessonStep:
    """A single lesson; `was` is its present time, where that changes. row: the present one."""

    step: Step
    lesson: FileLesson
    was: str = ""
    row: UUID | None = None


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """Changes that a file would make to a school, or to the course whose lessons are in it.

    dropped: what an earlier import wrote of a series that is in this file too, but without it: it goes. kept: what an
    earlier import wrote of a series that is not in this file: it stays, and the preview says so.
    """

    course: Course | None
    days: tuple[DaysStep, ...]
    weekly: tuple[WeeklyStep, ...]
    lessons: tuple[LessonStep, ...]
    left_out: tuple[LeftOut, ...]
    dropped: tuple[Dropped, ...] = ()
    kept: tuple[Kept, ...] = ()

    @property
    def changes(self) -> int:
        """Number of rows that would be added or changed."""
        steps = [each.step for each in self.days] + [each.step for each in self.lessons]
        steps += [each.step for each in self.weekly]
        steps += [each.step for weekly in self.weekly for each in weekly.exceptions]
        return sum(step is not Step.SAME for step in steps) + len(self.dropped)


def import_plan(*, institution: Institution, course: Course | None, data: bytes) -> ImportPlan:
    """Plan the changes that a file would make. Nothing is written. Raises CalendarFileError.

    course: its lessons and days off are the events; None: whole days are the school's, and lessons are left out.
    """
    today = today_of(institution)
    found = calendar_read(data, zone=institution.zone, today=today)
    days = _days_steps(institution, course, found.days)
    weekly: tuple[WeeklyStep, ...] = ()
    lessons: tuple[LessonStep, ...] = ()
    if course is None:
        found.left_out += _without_course(found)
    else:
        weekly, lessons = _weekly_steps(course, found.weekly, today), _lesson_steps(course, found.lessons)
    rows = [*(each.row for each in days), *(each.row for each in weekly), *(each.row for each in lessons)]
    taken = {row for row in rows if row}
    return ImportPlan(
        course=course,
        days=days,
        weekly=weekly,
        lessons=lessons,
        left_out=tuple(found.left_out),
        dropped=dropped_of(institution, course, found, taken, today),
        kept=kept_of(institution, course, found, taken, today),
    )


def import_write(*, institution: Institution, plan: ImportPlan, by: User) -> int:
    """Write the changes of a plan, all or none; returns how many rows were added or changed.

    Lessons whose register was opened meanwhile stay as they are.
    """
    with transaction.atomic():
        Institution.objects.select_for_update().get(pk=institution.pk)
        written = sum(_write_days(institution, plan.course, each) for each in plan.days if each.step is not Step.SAME)
        written += sum(dropped_write(each, today=today_of(institution), by=by) for each in plan.dropped)
        if plan.course is None:
            return written
        _make_way(plan.weekly)
        for weekly in plan.weekly:
            slot = _write_slot(plan.course, weekly)
            written += weekly.step is not Step.SAME
            due = (each for each in weekly.exceptions if each.step is not Step.SAME)
            written += sum(_write_exception(slot, each, by) for each in due)
        written += sum(_write_lesson(plan.course, each, by) for each in plan.lessons if each.step is not Step.SAME)
    return written


# -- The plan ----------------------------------------------------------------------------------------------------------


def _without_course(found: CalendarFile) -> list[LeftOut]:
    why = _("it has a time: choose a course to make it a lesson")
    names = [*(each.name for each in found.weekly), *(each.name for each in found.lessons)]
    return [LeftOut(name, why) for name in names]


def _days_steps(institution: Institution, course: Course | None, found: Iterable[FileDays]) -> tuple[DaysStep, ...]:
    known: dict[str, DayOff] = {}
    same: dict[tuple[date, date, str], DayOff] = {}
    for row in DayOff.objects.for_institution(institution).filter(course=course):
        known[row.uid] = row
        same[row.first_day, row.last_day, row.name] = row
    return tuple(_days_step(days, known, same) for days in found)


def _days_step(days: FileDays, known: dict[str, DayOff], same: dict[tuple[date, date, str], DayOff]) -> DaysStep:
    if row := same.get((days.first, days.last, days.name)):
        return DaysStep(Step.SAME, days, row=row.pk)
    row = known.get(days.uid) if days.uid else None
    if row is None:
        return DaysStep(Step.NEW, days)
    was = f"{row.name}, {date_format(row.first_day, 'D j M Y')} – {date_format(row.last_day, 'D j M Y')}"
    return DaysStep(Step.CHANGE, days, was, row.pk)


def _weekly_steps(course: Course, found: Iterable[FileWeekly], today: date) -> tuple[WeeklyStep, ...]:
    slots = list(TimetableSlot.objects.for_institution(course.institution).filter(course=course))
    return tuple(_weekly_step(course, each, _slot(slots, each), today) for each in found)


def _weekly_step(course: Course, weekly: FileWeekly, slot: TimetableSlot | None, today: date) -> WeeklyStep:
    if slot is None:
        exceptions = [ExceptionStep(Step.NEW, day, to) for day, to in _exceptions(weekly)]
        return WeeklyStep(Step.NEW, weekly, tuple(exceptions), clashes=_clashes(course, weekly, None))
    wanted = _wanted(course, weekly)
    is_same = wanted == {name: getattr(slot, name) for name in wanted}
    held = {row.slot_day: row for row in slot.sessions.all()}
    exceptions = [_exception_step(course, day, to, held.get(day)) for day, to in _exceptions(weekly)]
    exceptions += _taken_back(weekly, held, today)
    was = "" if slot.starts == weekly.starts else f"{slot.starts:%H:%M}–{slot.ends:%H:%M}"
    step, clashes = (Step.SAME, ()) if is_same else (Step.CHANGE, _clashes(course, weekly, slot.pk))
    return WeeklyStep(step, weekly, tuple(exceptions), was, slot.pk, clashes)


def _clashes(course: Course, weekly: FileWeekly, row: UUID | None) -> tuple[Clash, ...]:
    """Lessons that the weekly lesson would be double-booked with."""
    wanted = TimetableSlot(
        institution=course.institution, course=course, weekday=weekly.weekday, **_wanted(course, weekly)
    )
    wanted.pk = row or wanted.pk
    return tuple(slot_clashes(wanted))


def _exceptions(weekly: FileWeekly) -> list[tuple[date, When | None]]:
    return [*((day, None) for day in weekly.cancelled), *weekly.moved]


def _exception_step(course: Course, day: date, to: When | None, held: ClassSession | None) -> ExceptionStep:
    if held is None:
        return ExceptionStep(Step.NEW, day, to)
    if to is None:
        is_same = held.state == State.CANCELLED
    else:
        is_same = (held.starts_at, held.ends_at) == wall_times(course.institution, to.day, to.starts, to.ends)
    return ExceptionStep(Step.SAME if is_same or held.state not in PLANNED else Step.CHANGE, day, to)


def _taken_back(weekly: FileWeekly, held: dict[date | None, ClassSession], today: date) -> list[ExceptionStep]:
    """The exceptions that an earlier file had and this one has not."""
    named = {day for day, _to in _exceptions(weekly)}
    return [
        ExceptionStep(Step.CHANGE, day, None, is_back=True)
        for day, row in sorted((day, row) for day, row in held.items() if day)
        if row.by_file and row.state in PLANNED and today <= day < today + AHEAD and day not in named
    ]


def _lesson_steps(course: Course, found: Iterable[FileLesson]) -> tuple[LessonStep, ...]:
    rows = list(ClassSession.objects.for_institution(course.institution).filter(course=course))
    by_uid = {row.uid: row for row in rows if row.uid}
    by_time = {row.starts_at: row for row in rows}
    steps = []
    for each in found:
        row = by_uid.get(each.uid) or by_time.get(_times(course, each.when)[0])
        steps.append(_lesson_step(course, each, row))
    return tuple(steps)


def _lesson_step(course: Course, lesson: FileLesson, row: ClassSession | None) -> LessonStep:
    if row is None:
        return LessonStep(Step.NEW, lesson)
    is_ours = row.uid == lesson.uid and row.state in PLANNED and (row.changed_at is None or row.by_file)
    if not is_ours or ((row.starts_at, row.ends_at) == _times(course, lesson.when) and not row.by_file):
        return LessonStep(Step.SAME, lesson, row=row.pk)
    begins = timezone.localtime(row.starts_at, course.institution.zone)
    was = f"{date_format(begins, 'D j M Y')}, {begins:%H:%M}"
    return LessonStep(Step.CHANGE, lesson, was, row.pk)


def _times(course: Course, when: When) -> tuple[datetime, datetime]:
    return wall_times(course.institution, when.day, when.starts, when.ends)


def _slot(slots: Iterable[TimetableSlot], weekly: FileWeekly) -> TimetableSlot | None:
    """The weekly lesson that one of the file is: by its uid, else the one at the same hour on some of the same days."""
    by_uid = (each for each in slots if weekly.uid and each.uid == weekly.uid)
    same_hour = (
        each
        for each in slots
        if (each.weekday, each.starts) == (weekly.weekday, weekly.starts)
        and (each.last_day is None or each.last_day >= weekly.first)
        and (weekly.last is None or each.first_day <= weekly.last)
    )
    return next(by_uid, None) or next(same_hour, None)


def _wanted(course: Course, weekly: FileWeekly) -> dict[str, Any]:
    """Wanted values of a slot's columns."""
    room = "" if weekly.room == course.room else weekly.room
    return {
        "starts": weekly.starts,
        "ends": weekly.ends,
        "room": room,
        "first_day": weekly.first,
        "last_day": weekly.last,
    }


# -- The changes -------------------------------------------------------------------------------------------------------


def _write_days(institution: Institution, course: Course | None, step: DaysStep) -> int:
    days = step.days
    values = {"name": days.name, "first_day": days.first, "last_day": days.last}
    if not (step.row and DayOff.objects.for_institution(institution).filter(pk=step.row).update(**values)):
        DayOff.objects.create(institution=institution, course=course, uid=days.uid, **values)
    return 1


def _make_way(steps: Iterable[WeeklyStep]) -> None:
    """Let weekly lessons change their hours with one another: for a moment each begins at one that no other has."""
    for number, step in enumerate(steps):
        if step.row and step.was:
            between = time(0, 0, 0, number + 1)
            TimetableSlot.objects.filter(pk=step.row).update(starts=between)


def _write_slot(course: Course, step: WeeklyStep) -> TimetableSlot:
    slots = TimetableSlot.objects.for_institution(course.institution).filter(course=course).select_related("course")
    slot = slots.filter(pk=step.row).first() if step.row else _slot(list(slots), step.weekly)
    if slot is None:
        slot = TimetableSlot(institution=course.institution, course=course, weekday=step.weekly.weekday)
    if step.step is not Step.SAME:
        for name, value in _wanted(course, step.weekly).items():
            setattr(slot, name, value)
        slot.uid = step.weekly.uid
        if other := slot.same_hour():  # typed in by hand, and the file's has come to its hour: one lesson is enough
            other.delete()
        slot.save()
    return slot


def _write_exception(slot: TimetableSlot, step: ExceptionStep, by: User) -> int:
    try:
        if step.is_back:
            return _write_back(slot, step.day)
        session = lesson_of(slot=slot, day=step.day)
        if step.to is None:
            session = lesson_cancel(session=session, reason=_("Not in the calendar"), by=by)
        else:
            session = lesson_move(session=session, to=step.to, reason=_("By the calendar"), by=by)
    except (LessonBegun, LessonExists, NoSuchLesson):
        return 0
    lesson_take_over(session=session)
    return 1


def _write_back(slot: TimetableSlot, day: date) -> int:
    """Let a lesson follow the timetable again; one that is no more in the timetable goes. Raises LessonBegun."""
    rows = ClassSession.objects.for_institution(slot.institution).filter(slot=slot, slot_day=day, by_file=True)
    session = rows.select_related("institution").first()
    if session is None:
        return 0
    try:
        lesson_follow(session=session)
    except NoSuchLesson:
        rows.filter(state__in=PLANNED).delete()
    return 1


def _write_lesson(course: Course, step: LessonStep, by: User) -> int:
    lesson = step.lesson
    reason = "" if lesson.name == course.name else lesson.name
    try:
        lesson_put(course=course, row=step.row, uid=lesson.uid, when=lesson.when, reason=reason, by=by)
    except (LessonExists, LessonBegun):
        return 0
    return 1
