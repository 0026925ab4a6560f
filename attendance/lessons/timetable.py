"""The lessons of a day, made from the weekly timetable and its exceptions."""

from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Case, Exists, F, FilteredRelation, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models import Institution
from attendance.domain.hours import length_of
from attendance.lessons.selectors import PLANNED
from attendance.models import ClassSession, DayOff, TimetableSlot
from enrollment.models import Course

State = ClassSession.State
_SINGLE = Q(slot=None, slot_day=None, changed_at=None)
_FOLLOWS_DAYS_OFF = (_SINGLE | Q(follows_days_off=True)) & Q(state__in=PLANNED)


@dataclass(frozen=True, slots=True)
class Plan:
    """A weekly lesson on one day, as the timetable and the days off have it. Times are UTC."""

    starts_at: datetime
    ends_at: datetime
    room: str
    state: str
    reason: str


def sessions_plan(*, institution: Institution, day: date, courses: QuerySet[Course] | None = None) -> int:
    """Make sure that each weekly lesson of a day has its session; returns how many were added.

    day: a date in the institution's own calendar. courses: limits the call to their lessons; None: all of them. Lessons
    that are not open yet follow a changed timetable: they move, are deleted where there is no such lesson on this day
    any more, are cancelled on a day off and restored when it is none. Lessons that were opened or changed by hand stay.
    Lessons outside the timetable, and those moved here, are cancelled on a day off and restored likewise. Repeating the
    call changes nothing, and then it costs one query on a day with lessons, two on one without.
    """
    missing: list[ClassSession] = []
    gone: list[UUID] = []
    slots = _slots_of(institution, day, courses)
    for slot in slots:
        wanted = plan_of(slot, day, slot.day_off) if slot.applies else None
        if slot.held_id is None:
            if wanted:
                missing.append(_session(slot, day, wanted))
        elif slot.held_changed is None and slot.held_state in PLANNED:
            if wanted is None:
                gone.append(slot.held_id)
            elif (wanted, slot.course_id) != (_held(slot), slot.held_course):
                _follow(ClassSession.objects.filter(pk=slot.held_id), slot, wanted)
    if gone:
        _untouched(institution).filter(pk__in=gone).delete()
    if missing:  # two processes may plan the same day at once: the unique key lets one of them win
        ClassSession.objects.bulk_create(missing, ignore_conflicts=True)
    if not slots or slots[0].has_singles_unlike:
        _singles_follow(institution, day, courses)
    return len(missing)


def _singles_follow(institution: Institution, day: date, courses: QuerySet[Course] | None) -> None:
    singles = singles_unlike(day).filter(institution=institution)
    for single in singles if courses is None else singles.filter(course__in=courses):
        rows = ClassSession.objects.for_institution(institution).filter(_FOLLOWS_DAYS_OFF, pk=single.pk)
        rows.update(state=single.wanted_state, reason=single.wanted_reason)


def orphans_drop(*, institution: Institution) -> int:
    """Delete planned lessons whose weekly lesson was deleted since; returns how many. Those held or changed stay."""
    return int(orphans().filter(institution=institution).delete()[0])


def orphans() -> QuerySet[ClassSession]:
    """The planned lessons of every school whose weekly lesson was deleted since, and that nobody changed."""
    return ClassSession.objects.filter(state__in=PLANNED, changed_at=None, slot=None, slot_day__isnull=False)


def lesson_times(slot: TimetableSlot, day: date) -> tuple[datetime, datetime]:
    """Beginning and end, UTC, of a slot's lesson on a day: see `wall_times`."""
    return wall_times(slot.institution, day, slot.starts, slot.ends)


def wall_times(institution: Institution, day: date, starts: time, ends: time) -> tuple[datetime, datetime]:
    """Beginning and end, UTC, of a lesson between two times of the wall clock on a day at an institution."""
    return zone_times(institution.zone, day, starts, ends)


def zone_times(zone: ZoneInfo, day: date, starts: time, ends: time) -> tuple[datetime, datetime]:
    """Beginning and end, UTC, of a lesson between two times of a zone's wall clock on a day.

    The beginning is the wall-clock time in the institution's zone; a time that the clocks skip is taken by the offset
    before the change, one that comes twice is the first (PEP 495, fold=0). The lesson then lasts as long as planned,
    whatever the clocks do meanwhile. An end that is not after the beginning is the next day's.
    """
    begins = datetime.combine(day, starts, zone).astimezone(UTC)
    return begins, begins + length_of(starts, ends)


def plan_of(slot: TimetableSlot, day: date, day_off: str | None) -> Plan:
    """A slot's lesson on one of its own days; `day_off` is the name of the day off on that day, or None."""
    begins, ends = lesson_times(slot, day)
    state = State.SCHEDULED if day_off is None else State.CANCELLED
    return Plan(begins, ends, slot.room or slot.course.room, state, day_off or "")


def is_lesson_day(slot: TimetableSlot, day: date) -> bool:
    """Return whether the weekly timetable has this lesson on that day, whatever days off say."""
    if day.weekday() != slot.weekday or not slot.course.is_active:
        return False
    return slot.first_day <= day and (slot.last_day is None or day <= slot.last_day)


def days_off_on(institution: Institution, first: date, last: date) -> QuerySet[DayOff]:
    """The days off that touch a span of days, the school's before the courses' own."""
    return _days_off(first, last).filter(institution=institution)


def _days_off(first: date, last: date) -> QuerySet[DayOff]:
    spans = DayOff.objects.filter(first_day__lte=last, last_day__gte=first)
    return spans.order_by(F("course").asc(nulls_first=True), "first_day", "name")


def day_off_of(course: Course, day: date) -> str | None:
    """The name of the day off on which a course has no lessons, or None."""
    names = days_off_on(course.institution, day, day).filter(Q(course=None) | Q(course=course))
    return names.values_list("name", flat=True).first()


def session_of(slot: TimetableSlot, day: date) -> ClassSession:
    """The session of a weekly lesson on one of its days, created if it does not exist yet."""
    wanted = plan_of(slot, day, day_off_of(slot.course, day))
    ClassSession.objects.bulk_create([_session(slot, day, wanted)], ignore_conflicts=True)
    rows = ClassSession.objects.for_institution(slot.institution).filter(slot=slot, slot_day=day)
    _follow(rows, slot, wanted)
    return rows.select_related("institution", "course", "slot").get()


def session_sketch(slot: TimetableSlot, day: date) -> ClassSession:
    """The session of a weekly lesson on one of its days, not stored: for looking at a lesson that is weeks ahead."""
    return _session(slot, day, plan_of(slot, day, day_off_of(slot.course, day)))


def _slots_of(institution: Institution, day: date, courses: QuerySet[Course] | None) -> list[Any]:
    """An institution's `slots_with_sessions`, each with `has_singles_unlike` of the whole school. One query."""
    singles = singles_unlike(day).filter(institution=institution)
    slots = slots_with_sessions(day).filter(institution=institution).annotate(has_singles_unlike=Exists(singles))
    found: list[Any] = list(slots if courses is None else slots.filter(course__in=courses))
    for slot in found:
        slot.institution = institution
    return found


def slots_with_sessions(day: date) -> QuerySet[Any]:
    """The weekly lessons of a day and those that had a session on it, each with that session and a day off.

    Of every school. Annotated: applies, day_off (its name or None), held_id, held_course, held_state, held_changed,
    held_starts, held_ends, held_room and held_reason.
    """
    applies = Q(weekday=day.weekday(), first_day__lte=day, course__is_active=True)
    applies &= Q(last_day=None) | Q(last_day__gte=day)
    its_sessions = ClassSession.objects.filter(slot=OuterRef("pk"), slot_day=day)
    return (
        TimetableSlot.objects.filter(applies | Q(Exists(its_sessions)))
        .select_related("course")
        .annotate(
            applies=Exists(TimetableSlot.objects.filter(applies, pk=OuterRef("pk"))),
            day_off=_day_off_name(day),
            held=FilteredRelation("sessions", condition=Q(sessions__slot_day=day)),
            held_id=F("held__pk"),
            held_course=F("held__course"),
            held_state=F("held__state"),
            held_changed=F("held__changed_at"),
            held_starts=F("held__starts_at"),
            held_ends=F("held__ends_at"),
            held_room=F("held__room"),
            held_reason=F("held__reason"),
        )
    )


def singles_unlike(day: date) -> QuerySet[Any]:
    """The lessons of a day outside the timetable, or moved to it, that are not as the days off have them.

    Of every school; those that nobody opened, or changed since they were added or moved. Annotated: wanted_state,
    wanted_reason.
    """
    rows = ClassSession.objects.filter(_FOLLOWS_DAYS_OFF, local_date=day)
    wanted = rows.annotate(day_off=_day_off_name(day)).annotate(
        wanted_state=Case(When(day_off=None, then=Value(State.SCHEDULED)), default=Value(State.CANCELLED)),
        wanted_reason=Coalesce("day_off", "own_reason"),
    )
    return wanted.exclude(state=F("wanted_state"), reason=F("wanted_reason"))


def _day_off_name(day: date) -> Subquery:
    """The name of the day off on which a row's course has no lessons that day, or None."""
    names = _days_off(day, day).filter(
        Q(course=None) | Q(course=OuterRef("course")), institution=OuterRef("institution")
    )
    return Subquery(names.values("name")[:1])


def _held(slot: Any) -> Plan:
    """The slot's session as it is stored now, from the annotations."""
    return Plan(slot.held_starts, slot.held_ends, slot.held_room, slot.held_state, slot.held_reason)


def _untouched(institution: Institution) -> QuerySet[ClassSession]:
    """Planned lessons that nobody opened or changed: either may happen meanwhile, so each write asks again."""
    return ClassSession.objects.for_institution(institution).filter(state__in=PLANNED, changed_at=None)


def _session(slot: TimetableSlot, day: date, wanted: Plan) -> ClassSession:
    return ClassSession(
        institution=slot.institution,
        course=slot.course,
        slot=slot,
        slot_day=day,
        local_date=day,
        **asdict(wanted),
    )


def _follow(row: QuerySet[ClassSession], slot: TimetableSlot, wanted: Plan) -> None:
    """Bring a lesson that nobody opened or changed to where the timetable has it now, and to its course."""
    row.filter(state__in=PLANNED, changed_at=None).update(course=slot.course_id, **asdict(wanted))


def today_of(institution: Institution) -> date:
    """Today in the institution's own calendar."""
    return timezone.localdate(timezone=institution.zone)
