"""Lessons that imported marks belong to: those of the register, of the timetable, and ones that are in neither."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid5

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Institution
from attendance.domain.hours import clock_time, length_of
from attendance.lessons.timetable import days_off_on, zone_times
from attendance.mark_imports.days import Days, at_day, day_words, in_future
from attendance.mark_imports.entries import Entry
from attendance.models import ClassSession, RegisterEvent, RosterEntry, TimetableSlot
from attendance.register.sessions import ADHOC_LENGTH
from enrollment.importing.fields import Field, Reads
from enrollment.importing.records import Problem
from enrollment.importing.state import Row, SchoolState
from enrollment.importing.values import BadValue, value_of

State = ClassSession.State
_FIRST_HOUR = time(8)  # of a lesson of which nobody knows when it was
_BEGUN = (State.OPEN, State.CLOSING)
_CLOCK = Field("hour", "", Reads.TIME)


@dataclass
class Lesson:
    """A lesson with its register, or one that is to have one. state: "" for one that is not stored yet.

    values: columns of one that is to be added. on_register: its students; None: those of the course. is_added: it is
    neither in the register nor in the timetable.
    """

    key: str
    course: Row
    day: date
    starts_at: datetime
    state: str
    reason: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    on_register: frozenset[str] | None = None
    is_imported: bool = False
    is_added: bool = False

    @property
    def is_closed(self) -> bool:
        """True if its register was taken."""
        return self.state == State.CLOSED


class Lessons:
    """The lessons of some courses between two days, and those that a file adds to them. namespace: of new ids."""

    def __init__(
        self,
        school: SchoolState,
        institution: Institution,
        entries: Sequence[Entry],
        *,
        retention: int | None,
        adds: bool,
    ) -> None:
        self.institution, self.namespace, self.adds = institution, school.namespace, adds
        self.days = Days(school.years, retention, school.today)
        self.now = timezone.now()
        self._of_day: dict[tuple[str, date], list[Lesson]] = defaultdict(list)
        self._slots: dict[str, list[TimetableSlot]] = defaultdict(list)
        self._stored: set[tuple[UUID, date]] = set()  # weekly lessons with a row, by their day of the timetable
        self._completed: set[tuple[str, date]] = set()  # days to which the timetable's lessons were added
        self._periods: dict[tuple[str, date], set[str]] = defaultdict(set)
        self.unplanned: set[tuple[str, date, str]] = set()
        courses: dict[str, Row] = {}
        days: list[date] = []
        for each in entries:
            if each.course and each.day and not each.problem and not self.days.problem(each.course, each.day):
                courses[each.course["id"]] = each.course
                days.append(each.day)
                if each.hour:
                    self._periods[each.course["id"], each.day].add(each.hour)
        if days:
            self._read(courses, min(days), max(days))

    def of(self, entry: Entry) -> tuple[Lesson | None, Problem | None]:
        """The lesson that an entry with course and day is about, or why there is none."""
        course, day = entry.course, entry.day
        assert course is not None
        assert day is not None
        if problem := self.days.problem(course, day):
            return None, problem
        at, ends, problem = self._time(course, day, entry.hour)
        if problem:
            return None, problem
        found = self._at(course, day, at)
        if isinstance(found, Problem):
            return None, found
        lesson = found or self._unplanned(course, day, at, ends)
        if lesson is None:
            return None, self._not_planned(course, day, at)
        return lesson, self._problem(lesson)

    def _at(self, course: Row, day: date, at: time | None) -> Lesson | Problem | None:
        """The course's lesson of a day, at a time or the only one."""
        lessons = self._lessons(course, day)
        if at is not None:
            exact = [each for each in lessons if self._wall(each).time() == at]
            return exact[0] if exact else next((each for each in lessons if self._holds(each, at)), None)
        held = [each for each in lessons if each.state != State.CANCELLED] or lessons
        if len(held) > 1:
            said = _("%(course)s has %(number)d lessons on %(day)s: %(times)s. Add a column with the time.")
            times = ", ".join(f"{self._wall(each):%H:%M}" for each in held)
            told = {"course": course["name"], "number": len(held), "day": day_words(day), "times": times}
            return Problem(said % told, "hour")
        return held[0] if held else None

    def _lessons(self, course: Row, day: date) -> list[Lesson]:
        """The lessons of a day, those of the timetable among them that have no row yet; earliest first."""
        found = self._of_day[course["id"], day]
        if (course["id"], day) in self._completed:
            return found
        self._completed.add((course["id"], day))
        if self.days.off_on(course, day) is None:
            begun = {each.starts_at for each in found}  # a lesson held at that very time is the timetable's
            added = [self._of_slot(course, slot, day) for slot in self._slots[course["id"]] if self._is_due(slot, day)]
            found += [each for each in added if each.starts_at not in begun]
        found.sort(key=lambda each: each.starts_at)
        return found

    def _is_due(self, slot: TimetableSlot, day: date) -> bool:
        """True if the timetable has this lesson on that day, and it has no row yet, wherever it was moved."""
        is_held = slot.weekday == day.weekday() and slot.first_day <= day <= (slot.last_day or date.max)
        return is_held and (slot.pk, day) not in self._stored

    def _of_slot(self, course: Row, slot: TimetableSlot, day: date) -> Lesson:
        starts, ends = zone_times(self.institution.zone, day, slot.starts, slot.ends)
        values = self._values(course, starts, ends, slot.room or course["room"])
        values |= {"slot_id": str(slot.pk), "slot_day": day}
        return Lesson(self._id(course, day, f"{slot.pk}"), course, day, starts, "", values=values)

    def _unplanned(self, course: Row, day: date, at: time | None, ends: time | None) -> Lesson | None:
        """A lesson that no timetable has, if such ones are added; else it is noted. At the course's usual hour."""
        if self.days.off_on(course, day) is not None:
            return None
        self.unplanned.add((course["id"], day, f"{at}"))
        if not self.adds:
            return None
        usual = sorted(self._slots[course["id"]], key=lambda slot: (slot.weekday != day.weekday(), slot.starts))
        begins = at or (usual[0].starts if usual else _FIRST_HOUR)
        length = length_of(begins, ends) if ends else ADHOC_LENGTH
        if not ends and usual:
            length = length_of(usual[0].starts, usual[0].ends)
        starts, _later = zone_times(self.institution.zone, day, begins, begins)
        values = self._values(course, starts, starts + length, course["room"])
        lesson = Lesson(self._id(course, day, f"{begins}"), course, day, starts, "", values=values, is_added=True)
        self._of_day[course["id"], day].append(lesson)
        return lesson

    def _not_planned(self, course: Row, day: date, at: time | None) -> Problem:
        told = {"course": course["name"], "day": day_words(day), "time": f"{at:%H:%M}" if at else ""}
        if (name := self.days.off_on(course, day)) is not None:
            return at_day(_("%(day)s is a day off (%(name)s)."), told | {"name": name})
        if at:
            return Problem(_("%(course)s has no lesson on %(day)s at %(time)s.") % told, "hour")
        return at_day(_("%(course)s has no lesson on %(day)s."), told)

    def _problem(self, lesson: Lesson) -> Problem | None:
        told = {"course": lesson.course["name"], "day": day_words(lesson.day), "reason": lesson.reason}
        if lesson.state == State.CANCELLED:
            said = _("The lesson of %(course)s on %(day)s was cancelled (%(reason)s).")
            return Problem((said if lesson.reason else _("The lesson of %(course)s on %(day)s was cancelled.")) % told)
        if lesson.state in _BEGUN:
            said = _("The register of %(course)s on %(day)s is open. Close it first, then check this file again.")
            return Problem(said % told)
        if lesson.starts_at > self.now:
            return in_future(lesson.day)
        return None

    def _time(self, course: Row, day: date, text: str) -> tuple[time | None, time | None, Problem | None]:
        """Beginning and end as a cell tells them: a time, two, or the number of a period."""
        if not text:
            return None, None, None
        if text.isdecimal() and len(text) < 3:
            return self._period(course, day, text)
        begins, _dash, ends = text.replace("–", "-").partition("-")
        first, last = _clock(begins), _clock(ends) if ends else None
        if first is None or (ends and last is None):
            return (
                None,
                None,
                Problem(_("“%(text)s” is not a time. Write it like 09:30.") % {"text": text}, "hour", text),
            )
        return first, last, None

    def _period(self, course: Row, day: date, text: str) -> tuple[time | None, time | None, Problem | None]:
        """The time of a numbered period, where the course's lessons of the day leave no doubt."""
        lessons = [each for each in self._lessons(course, day) if each.state != State.CANCELLED]
        if len(lessons) < 2:
            return None, None, None  # the only one, or none: its number does not matter
        given = self._periods[course["id"], day]
        numbers = sorted({int(each) for each in given if each.isdecimal()})
        if len(numbers) == len(lessons) == len(given):
            return self._wall(lessons[numbers.index(int(text))]).time(), None, None
        said = _("It is not clear which lesson of %(course)s on %(day)s is number %(number)s. Write its time instead.")
        return (
            None,
            None,
            Problem(said % {"course": course["name"], "day": day_words(day), "number": text}, "hour", text),
        )

    def _holds(self, lesson: Lesson, at: time) -> bool:
        """True if the time is within the lesson."""
        length = lesson.values["ends_at"] - lesson.starts_at
        begins = self._wall(lesson)
        return timedelta(0) <= datetime.combine(lesson.day, at, begins.tzinfo) - begins < length

    def _wall(self, lesson: Lesson) -> datetime:
        return timezone.localtime(lesson.starts_at, self.institution.zone)

    def _id(self, course: Row, day: date, which: str) -> str:
        """The id of a lesson that is added: the same whenever the file is planned."""
        return str(uuid5(self.namespace, f"lesson:{course['id']}:{day}:{which}"))

    def _values(self, course: Row, starts: datetime, ends: datetime, room: str) -> dict[str, Any]:
        return {"course_id": course["id"], "starts_at": starts, "ends_at": ends, "room": room}

    def _read(self, courses: Mapping[str, Row], first: date, last: date) -> None:
        """Read sessions, rosters, weekly lessons and days off: five queries."""
        own = ClassSession.objects.for_institution(self.institution).filter(course__in=list(courses))
        sessions = own.filter(Q(local_date__range=(first, last)) | Q(slot_day__range=(first, last)))
        on_register, imported = self._registers(courses, first, last)
        for row in sessions:
            if row.slot_id and row.slot_day:
                self._stored.add((row.slot_id, row.slot_day))
            course, is_closed = courses[str(row.course_id)], row.state == State.CLOSED
            self._of_day[course["id"], row.local_date].append(
                Lesson(
                    str(row.pk), course, row.local_date, row.starts_at, row.state, row.reason,
                    values={"ends_at": row.ends_at}, is_imported=row.pk in imported,
                    on_register=frozenset(on_register[row.pk]) if is_closed else None,
                )
            )  # fmt: skip
        for slot in TimetableSlot.objects.for_institution(self.institution).filter(course__in=list(courses)):
            self._slots[str(slot.course_id)].append(slot)
        for off in days_off_on(self.institution, first, last):
            self.days.off.append((off.first_day, off.last_day, str(off.course_id) if off.course_id else None, off.name))

    def _registers(self, courses: Mapping[str, Row], first: date, last: date) -> tuple[dict[UUID, set[str]], set[UUID]]:
        """Students on the courses' closed registers of these days, by session; and the sessions whose registers came by
        an import."""
        span = {"session__course__in": list(courses), "session__local_date__range": (first, last)}
        found: dict[UUID, set[str]] = defaultdict(set)
        rows = RosterEntry.objects.for_institution(self.institution).filter(**span, session__state=State.CLOSED)
        for session_id, student_id in rows.values_list("session_id", "student_id"):
            found[session_id].add(str(student_id))
        events = RegisterEvent.objects.for_institution(self.institution).filter(
            kind=RegisterEvent.Kind.IMPORTED, **span
        )
        return found, set(events.values_list("session_id", flat=True))


def _clock(text: str) -> time | None:
    """A time of day, or None."""
    try:
        found: time = value_of(_CLOCK, text.strip())
    except BadValue:
        return clock_time(text)
    return found
