"""From the weekly timetable to the lessons of a day."""

from datetime import UTC, date, datetime

from django.db.models import Q

from accounts.models import Institution
from attendance.models import ClassSession, TimetableSlot


def sessions_plan(*, institution: Institution, day: date) -> int:
    """Make sure that each weekly lesson of a day has its session; returns how many were added.

    `day` is a date in the institution's own calendar. Lessons that are not open yet follow a changed timetable: they
    move, or go where there is no such lesson on this day any more. Repeating the call changes nothing.
    """
    slots = _slots_on(institution, day)
    known = {
        session.slot_id: session
        for session in ClassSession.objects.for_institution(institution).filter(local_date=day, slot__in=slots)
    }
    _drop_cancelled(institution, day, slots)
    missing = [_session(slot, day) for slot in slots if slot.pk not in known]
    # Two processes may plan the same day at once: the unique key lets one of them win.
    ClassSession.objects.bulk_create(missing, ignore_conflicts=True)
    for slot in slots:
        if slot.pk in known:
            _follow(known[slot.pk], slot, day)
    return len(missing)


def _slots_on(institution: Institution, day: date) -> list[TimetableSlot]:
    return list(
        TimetableSlot.objects.for_institution(institution)
        .filter(
            Q(last_day=None) | Q(last_day__gte=day), weekday=day.weekday(), first_day__lte=day, course__is_active=True
        )
        .select_related("course", "institution")
    )


def _drop_cancelled(institution: Institution, day: date, slots: list[TimetableSlot]) -> None:
    """Delete the day's planned lessons whose slot has moved to another day, has ended or rests with its course."""
    planned = ClassSession.objects.for_institution(institution).filter(
        local_date=day, state=ClassSession.State.SCHEDULED, slot__isnull=False
    )
    planned.exclude(slot__in=slots).delete()


def lesson_times(slot: TimetableSlot, day: date) -> tuple[datetime, datetime]:
    """Beginning and end, UTC, of a slot's lesson on a day.

    The beginning is the wall-clock time in the institution's zone; a time that the clocks skip is taken by the offset
    before the change, one that comes twice is the first (PEP 495, fold=0). The lesson then lasts as long as planned,
    whatever the clocks do meanwhile.
    """
    begins = datetime.combine(day, slot.starts, slot.institution.zone).astimezone(UTC)
    length = datetime.combine(day, slot.ends) - datetime.combine(day, slot.starts)
    return begins, begins + length


def _session(slot: TimetableSlot, day: date) -> ClassSession:
    begins, ends = lesson_times(slot, day)
    return ClassSession(
        institution=slot.institution,
        course=slot.course,
        slot=slot,
        local_date=day,
        starts_at=begins,
        ends_at=ends,
        room=slot.room or slot.course.room,
    )


def _follow(session: ClassSession, slot: TimetableSlot, day: date) -> None:
    """Move a lesson that has not begun to be taken to where the timetable has it now."""
    begins, ends = lesson_times(slot, day)
    room = slot.room or slot.course.room
    if session.state != ClassSession.State.SCHEDULED or (session.starts_at, session.ends_at, session.room) == (
        begins,
        ends,
        room,
    ):
        return
    ClassSession.objects.filter(pk=session.pk, state=ClassSession.State.SCHEDULED).update(
        starts_at=begins, ends_at=ends, room=room
    )
