"""Import of a calendar file as days off and lessons: first a plan of the changes, then the changes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Institution, User
from attendance.calendars.ics_in import CalendarFile, FileDays, FileLesson, FileWeekly, LeftOut, calendar_read
from attendance.lessons.changes import When, lesson_add, lesson_cancel, lesson_move, lesson_of
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
    """Days off; `was` is their present state, where they change."""

    step: Step
    days: FileDays
    was: str = ""


@dataclass(frozen=True, slots=True)
class ExceptionStep:
    """A day on which a weekly lesson is cancelled (to: None) or moved."""

    step: Step
    day: date
    to: When | None


@dataclass(frozen=True, slots=True)
class WeeklyStep:
    """A weekly lesson with its exceptions."""

    step: Step
    weekly: FileWeekly
    exceptions: tuple[ExceptionStep, ...]


@dataclass(frozen=True, slots=True)
class LessonStep:
    """A single lesson."""

    step: Step
    lesson: FileLesson


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """Changes that a file would make to a school, or to the course whose lessons are in it."""

    course: Course | None
    days: tuple[DaysStep, ...]
    weekly: tuple[WeeklyStep, ...]
    lessons: tuple[LessonStep, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def changes(self) -> int:
        """Number of rows that would be added or changed."""
        steps = [each.step for each in self.days] + [each.step for each in self.lessons]
        steps += [each.step for each in self.weekly]
        steps += [each.step for weekly in self.weekly for each in weekly.exceptions]
        return sum(step is not Step.SAME for step in steps)


def import_plan(*, institution: Institution, course: Course | None, data: bytes) -> ImportPlan:
    """Plan the changes that a file would make. Nothing is written. Raises CalendarFileError.

    course: its lessons and days off are the events; None: whole days are the school's, and lessons are left out.
    """
    today = today_of(institution)
    found = calendar_read(data, zone=institution.zone, today=today)
    days = _days_steps(institution, course, found.days)
    if course is None:
        return ImportPlan(None, days, (), (), (*found.left_out, *_without_course(found)))
    weekly = tuple(_weekly_step(course, each) for each in found.weekly)
    return ImportPlan(course, days, weekly, _lesson_steps(course, found.lessons), tuple(found.left_out))


def import_write(*, institution: Institution, plan: ImportPlan, by: User) -> int:
    """Write the changes of a plan, all or none; returns how many rows were added or changed.

    Lessons whose register was opened meanwhile stay as they are.
    """
    with transaction.atomic():
        Institution.objects.select_for_update().get(pk=institution.pk)
        written = sum(_write_days(institution, plan.course, each.days) for each in _due(plan.days))
        if plan.course is None:
            return written
        for weekly in plan.weekly:
            slot = _write_slot(plan.course, weekly)
            written += weekly.step is not Step.SAME
            due = (each for each in weekly.exceptions if each.step is not Step.SAME)
            written += sum(_write_exception(slot, each, by) for each in due)
        due_lessons = (each.lesson for each in plan.lessons if each.step is not Step.SAME)
        written += sum(_write_lesson(plan.course, each, by) for each in due_lessons)
    return written


# -- The plan ----------------------------------------------------------------------------------------------------------


def _without_course(found: CalendarFile) -> list[LeftOut]:
    why = _("it has a time: choose a course to make it a lesson")
    names = [*(each.name for each in found.weekly), *(each.name for each in found.lessons)]
    return [LeftOut(name, why) for name in names]


def _days_steps(institution: Institution, course: Course | None, found: Iterable[FileDays]) -> tuple[DaysStep, ...]:
    known: dict[str, DayOff] = {}
    same: set[tuple[date, date, str]] = set()
    for row in DayOff.objects.for_institution(institution).filter(course=course):
        known[row.uid] = row
        same.add((row.first_day, row.last_day, row.name))
    return tuple(_days_step(days, known, same) for days in found)


def _days_step(days: FileDays, known: dict[str, DayOff], same: set[tuple[date, date, str]]) -> DaysStep:
    if (days.first, days.last, days.name) in same:
        return DaysStep(Step.SAME, days)
    row = known.get(days.uid) if days.uid else None
    if row is None:
        return DaysStep(Step.NEW, days)
    return DaysStep(
        Step.CHANGE,
        days,
        was=f"{row.name}, {date_format(row.first_day, 'D j M Y')} – {date_format(row.last_day, 'D j M Y')}",
    )


def _weekly_step(course: Course, weekly: FileWeekly) -> WeeklyStep:
    slot = _slot(course, weekly)
    if slot is None:
        step, held = Step.NEW, {}
    else:
        wanted = _wanted(course, weekly)
        step = Step.SAME if wanted == {name: getattr(slot, name) for name in wanted} else Step.CHANGE
        held = {row.slot_day: row for row in slot.sessions.all()}
    exceptions = [_exception_step(course, day, None, held.get(day)) for day in weekly.cancelled]
    exceptions += [_exception_step(course, day, to, held.get(day)) for day, to in weekly.moved]
    return WeeklyStep(step, weekly, tuple(exceptions))


def _exception_step(course: Course, day: date, to: When | None, held: ClassSession | None) -> ExceptionStep:
    if held is None:
        return ExceptionStep(Step.NEW, day, to)
    if to is None:
        is_same = held.state == State.CANCELLED
    else:
        is_same = (held.starts_at, held.ends_at) == wall_times(course.institution, to.day, to.starts, to.ends)
    return ExceptionStep(Step.SAME if is_same or held.state not in PLANNED else Step.CHANGE, day, to)


def _lesson_steps(course: Course, found: Iterable[FileLesson]) -> tuple[LessonStep, ...]:
    rows = ClassSession.objects.for_institution(course.institution).filter(course=course)
    known = set(rows.values_list("starts_at", flat=True))
    return tuple(LessonStep(Step.SAME if _begins(course, each.when) in known else Step.NEW, each) for each in found)


def _begins(course: Course, when: When) -> object:
    return wall_times(course.institution, when.day, when.starts, when.ends)[0]


def _slot(course: Course, weekly: FileWeekly) -> TimetableSlot | None:
    slots = TimetableSlot.objects.for_institution(course.institution).filter(course=course)
    return slots.filter(weekday=weekly.weekday, starts=weekly.starts).first()


def _wanted(course: Course, weekly: FileWeekly) -> dict[str, Any]:
    """Wanted values of a slot's columns."""
    room = "" if weekly.room == course.room else weekly.room
    return {"ends": weekly.ends, "room": room, "first_day": weekly.first, "last_day": weekly.last}


# -- The changes -------------------------------------------------------------------------------------------------------


def _due(steps: Iterable[DaysStep]) -> list[DaysStep]:
    return [each for each in steps if each.step is not Step.SAME]


def _write_days(institution: Institution, course: Course | None, days: FileDays) -> int:
    values = {"name": days.name, "first_day": days.first, "last_day": days.last}
    known = DayOff.objects.for_institution(institution).filter(course=course, uid=days.uid)
    if not (days.uid and known.update(**values)):
        DayOff.objects.create(institution=institution, course=course, uid=days.uid, **values)
    return 1


def _write_slot(course: Course, step: WeeklyStep) -> TimetableSlot:
    slot = _slot(course, step.weekly)
    if slot is None:
        when = {"weekday": step.weekly.weekday, "starts": step.weekly.starts}
        slot = TimetableSlot(institution=course.institution, course=course, **when)
    if step.step is not Step.SAME:
        for name, value in _wanted(course, step.weekly).items():
            setattr(slot, name, value)
        slot.save()
    return slot


def _write_exception(slot: TimetableSlot, step: ExceptionStep, by: User) -> int:
    try:
        session = lesson_of(slot=slot, day=step.day)
        if step.to is None:
            lesson_cancel(session=session, reason=_("Not in the calendar"), by=by)
        else:
            lesson_move(session=session, to=step.to, reason=_("By the calendar"), by=by)
    except (LessonBegun, LessonExists, NoSuchLesson):
        return 0
    return 1


def _write_lesson(course: Course, lesson: FileLesson, by: User) -> int:
    try:
        reason = "" if lesson.name == course.name else lesson.name
        lesson_add(course=course, when=lesson.when, reason=reason, by=by)
    except LessonExists:
        return 0
    return 1
