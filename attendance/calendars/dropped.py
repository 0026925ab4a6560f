"""Rows of earlier imports that a calendar file has no more: of a series it still has they go, others stay."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Institution, User
from attendance.calendars.contents import CalendarFile, series_of
from attendance.lessons.changes import lesson_cancel, lesson_take_over
from attendance.lessons.errors import LessonBegun
from attendance.lessons.selectors import PLANNED
from attendance.models import ClassSession, DayOff, TimetableSlot
from enrollment.models import Course

Row = DayOff | TimetableSlot | ClassSession
State = ClassSession.State


@dataclass(frozen=True, slots=True)
class Dropped:
    """A row that goes: days off are lessons' days again, a weekly lesson ends, a single one is cancelled."""

    row: Row
    words: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A series of an earlier import that is not in this file, and stays; n: number of its rows."""

    words: str
    n: int


def dropped_of(
    institution: Institution, course: Course | None, found: CalendarFile, taken: Collection[UUID], today: date
) -> tuple[Dropped, ...]:
    """The rows of series that the file has, without them. taken: ids of the rows that it still has."""
    rows = _imported(institution, course, today)
    gone = [row for row in rows if row.pk not in taken and series_of(row.uid) in found.understood]
    return tuple(Dropped(row, _words(row)) for row in gone if not _is_cancelled(row))


def kept_of(
    institution: Institution, course: Course | None, found: CalendarFile, taken: Collection[UUID], today: date
) -> tuple[Kept, ...]:
    """The series of earlier imports, not over yet, that the file does not have at all."""
    series: dict[str, list[Row]] = {}
    for row in _imported(institution, course, today):
        if row.pk not in taken and series_of(row.uid) not in found.in_file and not _is_cancelled(row):
            series.setdefault(series_of(row.uid), []).append(row)
    return tuple(Kept(_words(rows[0]), len(rows)) for rows in series.values())


def dropped_write(dropped: Dropped, *, today: date, by: User) -> int:
    """Carry out what `Dropped` says; returns how many rows changed: 0 where a register was opened meanwhile."""
    row = dropped.row
    if isinstance(row, DayOff):
        row.delete()
    elif isinstance(row, TimetableSlot):
        _end(row, today)
    else:
        try:
            lesson_take_over(session=lesson_cancel(session=row, reason=_("Not in the calendar"), by=by))
        except LessonBegun:
            return 0
    return 1


def _end(slot: TimetableSlot, today: date) -> None:
    """End a weekly lesson before today. Its lessons that were held, or changed by hand, stay."""
    coming = slot.sessions.filter(state__in=PLANNED, slot_day__gte=today)
    coming.filter(Q(changed_at=None) | Q(by_file=True)).delete()
    if slot.first_day >= today:
        slot.delete()
    else:
        slot.last_day = today - timedelta(days=1)
        slot.save(update_fields=["last_day"])


def _imported(institution: Institution, course: Course | None, today: date) -> Iterator[Row]:
    """The rows of earlier imports that are not over: of the school, or of a course."""
    days = DayOff.objects.for_institution(institution).filter(course=course, last_day__gte=today)
    if course is None:
        return iter(days.exclude(uid=""))
    slots = TimetableSlot.objects.for_institution(institution).filter(course=course)
    slots = slots.filter(Q(last_day=None) | Q(last_day__gte=today)).select_related("course")
    lessons = ClassSession.objects.for_institution(institution).filter(course=course, local_date__gte=today)
    lessons = lessons.filter(Q(changed_at=None) | Q(by_file=True), state__in=PLANNED)
    rows = lessons.select_related("institution", "course")
    return chain(days.exclude(uid=""), slots.exclude(uid=""), rows.exclude(uid=""))


def _is_cancelled(row: Row) -> bool:
    return isinstance(row, ClassSession) and row.by_file and row.state == State.CANCELLED


def _words(row: Row) -> str:
    if isinstance(row, DayOff):
        return f"{row.name}, {date_format(row.first_day, 'D j M Y')} – {date_format(row.last_day, 'D j M Y')}"
    if isinstance(row, TimetableSlot):
        return f"{row.get_weekday_display()} {row.starts:%H:%M}–{row.ends:%H:%M}, {row.days_in_words}"
    begins = timezone.localtime(row.starts_at, row.institution.zone)
    words = f"{date_format(begins, 'D j M Y')}, {begins:%H:%M}"
    return f"{words} · {row.own_reason}" if row.own_reason else words
