"""Entries at the desk: late arrivals and early leavers; the marks that follow from them, and undoing."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from attendance.domain.day import DeskWord
from attendance.domain.desk import mark_wanted
from attendance.errors import AttendanceError
from attendance.models import ClassSession, DeskEntry, DeskMark
from attendance.office.desk_marks import desk_mark_take_back, desk_mark_write
from attendance.office.errors import BackBeforeLeaving, EntryOver, NotToday
from attendance.office.school_day import desk_word
from attendance.repositories import marks_for
from attendance.repositories.base import RegisterError
from enrollment.models import Student

logger = logging.getLogger(__name__)
Kind = DeskEntry.Kind
_DOUBLE_CLICK = timedelta(minutes=2)
_CLOCKS_DIFFER = timedelta(minutes=2)
_FOLLOWED = timedelta(hours=20)  # so long after it was entered the sweep looks at an entry
_REGISTERS = [ClassSession.State.OPEN, ClassSession.State.CLOSED]


def arrival_enter(*, student: Student, at: datetime, reason: str, by: User) -> DeskEntry:
    """Enter a late arrival; the lesson it falls into is marked, or will be once its register is opened.

    A second click within two minutes returns the first one's entry. Raises NotToday for a time to come.
    """
    _refuse_future(at)
    return _enter(DeskEntry(student=student, kind=Kind.LATE, at=at, reason=reason), by)


def leaving_enter(*, student: Student, at: datetime, until: datetime | None, reason: str, by: User) -> DeskEntry:
    """Enter that a student leaves early; until: when they are back, None for the rest of the day.

    Lessons that they miss for it are excused once their registers say absent. Raises BackBeforeLeaving.
    """
    if until is not None and until <= at:
        raise BackBeforeLeaving
    return _enter(DeskEntry(student=student, kind=Kind.LEFT, at=at, until=until, reason=reason), by)


def return_enter(*, leaving: DeskEntry, by: User) -> DeskEntry:
    """Enter that somebody who left is back now: an arrival with the reason of their leaving, which it ends.

    Raises EntryOver for an earlier day's leaving, and for one that was undone.
    """
    now = timezone.now()
    if leaving.undone_at or leaving.day != timezone.localdate(now, leaving.institution.zone):
        raise EntryOver
    if now <= leaving.at:
        raise NotToday
    return arrival_enter(student=leaving.student, at=now, reason=leaving.reason, by=by)


def entry_undo(*, entry: DeskEntry, by: User) -> int:
    """Undo an entry and those of its marks that nobody changed since; returns their number. Safe to repeat.

    Raises EntryOver for an earlier day's.
    """
    if entry.day != timezone.localdate(timezone=entry.institution.zone):
        raise EntryOver
    rows = DeskEntry.objects.for_institution(entry.institution).filter(pk=entry.pk, undone_at=None)
    rows.update(undone_at=timezone.now(), undone_by=by)
    entry.refresh_from_db()
    return entry_follow(entry)


def entry_follow(entry: DeskEntry) -> int:
    """Bring an entry and its marks together: write those it asks for, or take them back; returns how many changed.

    A register that cannot be written now is left to the next sweep; where the person's account is gone, nothing is.
    """
    if (entry.undone_by if entry.undone_at else entry.entered_by) is None:
        return 0
    if entry.undone_at:
        return sum(_quietly(desk_mark_take_back, held) for held in _held(entry))
    changed = 0
    known = {held.session_id: held for held in entry.marks.all()}
    word = desk_word(entry).until_they_came(_arrivals_of(entry))
    for session in _registers_of(entry):
        changed += _quietly(_follow_in, entry, word, session, known.get(session.pk))
    return changed


def entries_follow() -> int:
    """Chore: the marks of today's entries, in every school, whose registers were opened or closed meanwhile."""
    recent = DeskEntry.objects.filter(entered_at__gt=timezone.now() - _FOLLOWED).select_related(
        "student", "institution", "entered_by", "undone_by"
    )
    return sum(entry_follow(entry) for entry in recent)


def _enter(entry: DeskEntry, by: User) -> DeskEntry:
    school = entry.student.institution
    entry.institution, entry.entered_by = school, by
    entry.day = timezone.localdate(entry.at, school.zone)
    with transaction.atomic():
        Student.objects.select_for_update().get(pk=entry.student_id)
        same = DeskEntry.objects.for_institution(school).filter(
            student=entry.student, kind=entry.kind, day=entry.day, undone_at=None,
            entered_at__gt=timezone.now() - _DOUBLE_CLICK,
        )  # fmt: skip
        if found := same.first():
            return found
        entry.save()
    entry_follow(entry)
    return entry


def _refuse_future(at: datetime) -> None:
    if at > timezone.now() + _CLOCKS_DIFFER:
        raise NotToday


def _registers_of(entry: DeskEntry) -> list[ClassSession]:
    """The student's registers of the day that have been opened."""
    rows = ClassSession.objects.for_institution(entry.institution).filter(
        local_date=entry.day, roster__student=entry.student_id, state__in=_REGISTERS
    )
    return list(rows.select_related("institution", "course").order_by("starts_at"))


def _arrivals_of(entry: DeskEntry) -> list[datetime]:
    """The student's arrivals of that day, which end a leaving."""
    rows = DeskEntry.objects.for_institution(entry.institution).filter(
        student=entry.student_id, day=entry.day, kind=Kind.LATE, undone_at=None
    )
    return list(rows.values_list("at", flat=True)) if entry.kind == Kind.LEFT else []


def _held(entry: DeskEntry) -> list[DeskMark]:
    marks = list(entry.marks.select_related("session__institution", "session__course"))
    for held in marks:
        held.entry = entry
    return marks


def _follow_in(entry: DeskEntry, word: DeskWord, session: ClassSession, held: DeskMark | None) -> bool:
    mark = marks_for(session.institution).for_session(session.pk).get(entry.student_id)
    version = mark.version if mark else 0
    if held is not None and version >= held.version:
        return False  # written before; whatever came after it is somebody's own word
    wanted = mark_wanted(
        word,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        grace_minutes=session.grace_minutes,
        is_open=session.is_open,
        mark=mark,
    )
    if wanted is None:
        return False
    desk_mark_write(entry, session, wanted, over=version)
    return True


def _quietly(act: Callable[..., bool], *of: Any) -> int:
    """1 if the act changed something; a failure is logged and tried again by the sweep."""
    try:
        return int(bool(act(*of)))
    except (AttendanceError, RegisterError) as error:
        logger.warning("A desk entry's mark waits: %s", error.code)
        return 0
