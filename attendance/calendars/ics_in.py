"""A calendar file read as days off, weekly lessons and single lessons of a school. Knows no database.

Repetitions, their exceptions and time zones are left to the libraries. Their result is folded again: occurrences of a
series at the same time of the school's wall clock each week are one weekly lesson, and the weeks in which they are
missing or elsewhere are its exceptions.
"""

import time as clock
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import recurring_ical_events
from django.utils.translation import gettext as _
from icalendar import Calendar
from icalendar.error import IncompleteComponent, InvalidCalendar

from attendance.calendars.contents import (
    SEPARATOR,
    CalendarFile,
    FileDays,
    FileLesson,
    FileWeekly,
    LeftOut,
)
from attendance.calendars.deadline import TookTooLong, deadline
from attendance.calendars.errors import CalendarFileError
from attendance.domain.hours import LONGEST_LESSON
from attendance.lessons.changes import When

MOST_BYTES = 1_000_000
MOST_EVENTS = 2_000  # in the file
MOST_OCCURRENCES = 3_000  # of all events together, within the window
MOST_SECONDS = 3.0  # of the processor, for finding them: some rules match nothing until the year 9999
AHEAD = timedelta(days=400)  # a little more than a school year: later events are left out
LONGEST = timedelta(days=120)  # of days off at a stretch
WEEK = timedelta(days=7)
TIMES = frozenset({"DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID"})
SINGLE = {"DTSTART": date, "DTEND": date, "DURATION": timedelta, "RECURRENCE-ID": date}  # one each, of this type
EVENING = time(23, 59)
Event = Any  # the library's own types say of each property that it may be of any kind


def _row_uid(event: Event, *parts: object) -> str:
    """The uid of a row: its series, and what distinguishes it there. Empty where the file names no series."""
    uid = "".join(char for char in str(event.get("UID", "")) if char.isprintable())
    return SEPARATOR.join([uid[-200:], *map(str, parts)]) if uid else ""


@dataclass(frozen=True, slots=True)
class _Occurrence:
    """One occurrence in the school's own time.

    rule_day: the day on which the rule has it; original: that day, moved with all the lessons from a day on.
    """

    when: When
    original: date
    rule_day: date
    is_override: bool
    is_cancelled: bool
    name: str


@dataclass(frozen=True, slots=True)
class _Stretch:
    """The occurrences of a series between two changes of all that follow.

    begins: its first day; since: the day on which the rule has the change (None: before the first change).
    """

    begins: date
    since: date | None
    is_last: bool
    occurrences: tuple[_Occurrence, ...]


class _Unusable(Exception):
    """An event cannot be used; the argument is the reason, for the person."""


def calendar_read(data: bytes, *, zone: ZoneInfo, today: date) -> CalendarFile:
    """The contents of a calendar file from `today` on, in the school's own time `zone`.

    Times without a zone, or with an unknown one, are the school's own. Raises CalendarFileError with a sentence for the
    person who chose the file.
    """
    series = _series(_components(data))
    reading = _Reading(zone, today)
    for components in series.values():
        reading.take(components)
    return reading.found


def _components(data: bytes) -> list[Event]:
    if not data:
        raise CalendarFileError(_("The file is empty. Export the calendar once more."))
    if len(data) > MOST_BYTES:
        raise CalendarFileError(_("The file is larger than 1 MB. Export fewer months, or one calendar at a time."))
    if b"BEGIN:VCALENDAR" not in data[:1000].upper():
        raise CalendarFileError(_("This is not a calendar file. Choose one that ends in .ics."))
    try:
        calendars = Calendar.from_ical(data, multiple=True)
    # OSError: a zone that is named like a folder of zones ("Europe"), or longer than a file's name may be
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError, OSError) as error:
        raise CalendarFileError(_("The calendar file is damaged. Export it once more.")) from error
    events = [event for calendar in calendars for event in calendar.walk("VEVENT")]
    if not events:
        raise CalendarFileError(_("There is no event in this calendar, or the file is cut off."))
    if len(events) > MOST_EVENTS:
        raise CalendarFileError(_("There are more than %d events in this file. Export fewer months.") % MOST_EVENTS)
    return events


def _series(events: Iterable[Event]) -> dict[str, list[Event]]:
    """The events by their UID, which a series and its exceptions have in common."""
    series: dict[str, list[Event]] = defaultdict(list)
    for number, event in enumerate(events):
        series[str(event.get("UID") or f"#{number}")].append(event)
    return series


class _Reading:
    """Reader of a file, one series after the other."""

    def __init__(self, zone: ZoneInfo, today: date) -> None:
        self.zone, self.today, self.end = zone, today, today + AHEAD
        self.found = CalendarFile()
        self.occurrences = 0
        self.until = clock.thread_time() + MOST_SECONDS

    def take(self, components: list[Event]) -> None:
        """Add the days and lessons of a series. Raises CalendarFileError where the file has too many occurrences."""
        master = next((each for each in components if "RECURRENCE-ID" not in each), components[0])
        name = _text(master, "SUMMARY", 120)
        self.found.in_file.add(_row_uid(master))
        try:
            self._add(name, master, components)
        except _Unusable as error:
            self.found.left_out.append(LeftOut(name, str(error)))
        except (InvalidCalendar, IncompleteComponent, OverflowError):  # an end before the beginning, a million years
            self.found.left_out.append(LeftOut(name, _("its times cannot be read")))

    def _add(self, name: str, master: Event, components: list[Event]) -> None:
        if _is_cancelled(master):
            self.found.understood.add(_row_uid(master))
            raise _Unusable(_("it is cancelled in the file"))
        _check_times(components)
        _check_rule(master, self.today)
        later = self._later(components)
        events = self._expand(master, [each for each in components if each not in later])
        if not events:
            self.found.understood.add(_row_uid(master))
            raise _Unusable(_("it is over, or more than a year away"))
        if all(self._is_whole_days(*_span(event)) for event in events):
            self.found.days += [self._days(name, event, "RRULE" in master) for event in events]
            self.found.understood.add(_row_uid(master))
            if later:
                raise _Unusable(_("a change of all its later days is not followed: change them here"))
            return
        overrides = {each["RECURRENCE-ID"].dt for each in components if "RECURRENCE-ID" in each and each not in later}
        occurrences = [self._occurrence(event, overrides) for event in events]
        for stretch in self._stretches(master, occurrences, later):
            self._add_lessons(name, master, stretch)
        self.found.understood.add(_row_uid(master))

    def _add_lessons(self, name: str, master: Event, stretch: _Stretch) -> None:
        """Add the lessons of a stretch of a series."""
        weekly = self._weekly(name, master, stretch)
        self.found.weekly += weekly
        taken = {each.weekday for each in weekly}
        repeats = {"RRULE", "RDATE"} & set(master)
        self.found.lessons += [
            FileLesson(_row_uid(master, *([each.rule_day] if repeats else [])), each.name, each.when)
            for each in stretch.occurrences
            if each.original.weekday() not in taken and not each.is_cancelled
        ]

    def _later(self, components: list[Event]) -> list[Event]:
        """The components that change an occurrence and all that follow it (RANGE=THISANDFUTURE), earliest first."""
        later = [each for each in components if _is_this_and_future(each)]
        return sorted(later, key=lambda each: self._local(each["RECURRENCE-ID"].dt))

    def _stretches(self, master: Event, occurrences: list[_Occurrence], later: list[Event]) -> Iterator[_Stretch]:
        """The occurrences between one change of all that follow and the next, moved as it says."""
        days = [self._local(each["RECURRENCE-ID"].dt).date() for each in later] + [date.max]
        if first := tuple(each for each in occurrences if each.rule_day < days[0]):
            yield _Stretch(self._local(master["DTSTART"].dt).date(), None, not later, first)
        for day, change, end in zip(days, later, days[1:], strict=False):
            if some := tuple(self._changed(each, change) for each in occurrences if day <= each.rule_day < end):
                yield _Stretch(self._local(change["DTSTART"].dt).date(), day, change is later[-1], some)

    def _changed(self, occurrence: _Occurrence, change: Event) -> _Occurrence:
        """An occurrence at the time, in the room and under the name of a change of all that follow."""
        when = self._when(*_span(change), _text(change, "LOCATION", 40) or occurrence.when.room)
        day = occurrence.rule_day + (when.day - self._local(change["RECURRENCE-ID"].dt).date())
        if occurrence.is_override:
            return replace(occurrence, original=day)
        return replace(
            occurrence,
            when=replace(when, day=day),
            original=day,
            is_cancelled=_is_cancelled(change),
            name=_text(change, "SUMMARY", 120) or occurrence.name,
        )

    def _expand(self, master: Event, components: list[Event]) -> list[Event]:
        """The series' occurrences within the window, earliest first."""
        if len(components) == 1 and not {"RRULE", "RDATE"} & set(master):
            return [master] if self._is_within(*_span(master)) else []  # as most are: nothing to expand
        self._until_evening(master)
        calendar = Calendar()
        for component in components:
            calendar.add_component(component)
        try:
            with deadline(self.until):
                found = recurring_ical_events.of(calendar).between(self.today, self.end)
        except TookTooLong as error:
            raise CalendarFileError(
                _("The repetitions in this file take too long to follow. Export fewer events.")
            ) from error
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
            raise _Unusable(_("its repetition cannot be followed")) from error
        self.occurrences += len(found)
        if self.occurrences > MOST_OCCURRENCES:
            raise CalendarFileError(
                _("This file holds more than %d lessons and days. Export fewer months.") % MOST_OCCURRENCES
            )
        return sorted(found, key=lambda event: self._local(_span(event)[0]))

    def _until_evening(self, master: Event) -> None:
        """Let a rule until a day include that day's lesson: some write the day without a time."""
        rule, start = master.get("RRULE"), master["DTSTART"].dt
        if rule is None or not isinstance(start, datetime) or not rule.get("UNTIL"):
            return
        until = rule["UNTIL"][0]
        if not isinstance(until, date):  # a time of day
            raise _Unusable(_("its repetition cannot be followed"))
        if not isinstance(until, datetime):
            evening = datetime.combine(until, EVENING, start.tzinfo)
            rule["UNTIL"] = [evening if start.tzinfo is None else _instant(evening)]

    def _is_within(self, start: date, end: date) -> bool:
        """True if an event touches the window."""
        return self._local(end).date() >= self.today and self._local(start).date() < self.end

    # -- Whole days --

    def _is_whole_days(self, start: date, end: date) -> bool:
        """Days without a time, or from midnight to midnight, as some write them."""
        if not isinstance(start, datetime):
            return True
        begins, ends = self._local(start), self._local(end)
        at_night = begins.time() == time.min and (ends.time() == time.min or ends.time() >= EVENING)
        return at_night and ends - begins >= timedelta(hours=22)  # the day on which the clocks go forward is shorter

    def _days(self, name: str, event: Event, repeats: bool) -> FileDays:
        start, end = _span(event)
        first, last = self._local(start).date(), self._local(end).date()
        if not isinstance(end, datetime) or self._local(end).time() == time.min:
            last -= timedelta(days=1)  # the end of a calendar's day is the beginning of the next
        last = max(first, last)
        if last - first >= LONGEST:
            raise _Unusable(_("it lasts longer than %d days") % LONGEST.days)
        original = self._local(_original(event)).date()
        uid = _row_uid(event, *([original] if repeats else []))
        return FileDays(uid, name or _("Day off"), first, last)

    # -- Lessons --

    def _occurrence(self, event: Event, overrides: set[date]) -> _Occurrence:
        original = _original(event)
        return _Occurrence(
            when=self._when(*_span(event), _text(event, "LOCATION", 40)),
            original=self._local(original).date(),
            rule_day=self._local(original).date(),
            is_override=original in overrides,
            is_cancelled=_is_cancelled(event),
            name=_text(event, "SUMMARY", 120),
        )

    def _when(self, start: date, end: date, room: str) -> When:
        begins, length = self._local(start), _instant(self._local(end)) - _instant(self._local(start))
        ends = begins.replace(tzinfo=None) + length
        if length <= timedelta(0):
            raise _Unusable(_("it has no length"))
        if length > LONGEST_LESSON:
            raise _Unusable(_("it lasts longer than twelve hours"))
        return When(begins.date(), begins.time(), ends.time(), room)

    def _weekly(self, name: str, master: Event, stretch: _Stretch) -> list[FileWeekly]:
        """The weekly lessons of a series, one for each of its weekdays; none where it is something else."""
        rule = master.get("RRULE", {})
        if rule.get("FREQ") != ["WEEKLY"] or rule.get("INTERVAL", [1]) != [1] or "RDATE" in master:
            return []
        plain: dict[int, dict[date, When]] = defaultdict(dict)
        for each in stretch.occurrences:
            if not each.is_override and not each.is_cancelled:
                plain[each.when.day.weekday()][each.when.day] = each.when
        # At another time of the school's wall clock for part of the year: the file follows another zone's clocks.
        if any(len({(when.starts, when.ends) for when in held.values()}) > 1 for held in plain.values()):
            return []
        return [self._slot(name, master, weekday, held, stretch) for weekday, held in sorted(plain.items())]

    def _slot(self, name: str, master: Event, weekday: int, held: dict[date, When], stretch: _Stretch) -> FileWeekly:
        usual = next(iter(held.values()))
        first = stretch.begins + timedelta(days=(weekday - stretch.begins.weekday()) % 7)
        overrides = (each for each in stretch.occurrences if each.is_override and each.original.weekday() == weekday)
        mine = {each.original: each for each in overrides}
        seen = max([*held, *mine])
        last = self._last(master, seen, usual.starts) if stretch.is_last else seen
        cancelled, moved = [], [(day, each.when) for day, each in mine.items() if not each.is_cancelled]
        day = max(first, self.today + timedelta(days=(weekday - self.today.weekday()) % 7))
        while day < self.end and (last is None or day <= last):
            if day not in held and (day not in mine or mine[day].is_cancelled):
                cancelled.append(day)
            day += WEEK
        uid = _row_uid(master, weekday, *([stretch.since] if stretch.since else []))
        return FileWeekly(
            uid, name, weekday, usual.starts, usual.ends, usual.room, first, last, tuple(cancelled),
            tuple(sorted(moved)),
        )  # fmt: skip

    def _last(self, master: Event, seen: date, starts: time) -> date | None:
        """The last day of a series, None where it has no end; `seen` is the last one within the window."""
        rule = master["RRULE"]
        if until := rule.get("UNTIL"):  # the last moment at which a lesson may begin
            return (self._local(until[0]) - timedelta(hours=starts.hour, minutes=starts.minute)).date()
        return seen if rule.get("COUNT") and seen < self.end - WEEK else None

    def _local(self, moment: date) -> datetime:
        """A moment in the school's own time; one without a zone is taken as such."""
        if not isinstance(moment, datetime):
            return datetime.combine(moment, time.min, self.zone)
        return moment.replace(tzinfo=self.zone) if moment.tzinfo is None else moment.astimezone(self.zone)


def _instant(moment: datetime) -> datetime:
    return moment.astimezone(ZoneInfo("UTC"))


def _span(event: Event) -> tuple[date, date]:
    """Beginning and end of an event as written."""
    return event.start, event.end


def _original(event: Event) -> date:
    """The day on which the rule has an occurrence, wherever it was moved."""
    return (event.get("RECURRENCE-ID") or event["DTSTART"]).dt


def _check_times(components: list[Event]) -> None:
    for component in components:
        broken = "DTSTART" not in component or TIMES & {name for name, _said in component.errors}
        if broken or not all(_is_single(component[name], kind) for name, kind in SINGLE.items() if name in component):
            raise _Unusable(_("its times cannot be read"))


def _is_single(value: Any, kind: type) -> bool:
    """False for what stands there twice, and for periods, times of day and texts in the place of a moment."""
    return isinstance(getattr(value, "dt", None), kind)


def _is_this_and_future(event: Event) -> bool:
    original = event.get("RECURRENCE-ID")
    return original is not None and str(original.params.get("RANGE", "")).upper() == "THISANDFUTURE"


def _check_rule(master: Event, today: date) -> None:
    """Refuse rules that cost more to follow than a timetable can need."""
    rule = master.get("RRULE")
    if rule is None:
        return
    if isinstance(rule, list):
        raise _Unusable(_("it repeats by two rules at once"))
    often = rule.get("FREQ") not in (["DAILY"], ["WEEKLY"], ["MONTHLY"], ["YEARLY"])
    if often or {"BYHOUR", "BYMINUTE", "BYSECOND"} & set(rule):
        raise _Unusable(_("it repeats within a day"))
    began = master["DTSTART"].dt
    if began.year < today.year - (60 if rule["FREQ"] == ["YEARLY"] else 10):
        raise _Unusable(_("it began too long ago"))


def _is_cancelled(event: Event) -> bool:
    return str(event.get("STATUS", "")).upper() == "CANCELLED"


def _text(event: Event, key: str, most: int) -> str:
    """A property's text in one line; of several the first."""
    value = event.get(key, "")
    words = str(value[0] if isinstance(value, list) else value).split()
    return " ".join("".join(char for char in word if char.isprintable()) for word in words)[:most].strip()
