"""Lessons as an iCalendar file that phones and desktops read (RFC 5545). Knows no database."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from attendance.lessons.coming import Lesson

REFRESH = timedelta(hours=1)  # after which a calendar should ask again


def calendar_bytes(
    lessons: Iterable[Lesson], *, name: str, origin: str, at: datetime, taken_for: Mapping[UUID, str]
) -> bytes:
    """The lessons as an .ics file.

    Times are written as instants (UTC): the same lesson is at the right time in any zone, also in the hour that comes
    twice. name: the calendar's title. origin: the host that makes the events' names unique. at: now. taken_for: the
    regular teachers' names, by course, of courses that are taken for somebody else.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//Smart Attendance//Lessons//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    for lesson in lessons:
        calendar.add_component(_event(lesson, origin, at, taken_for.get(lesson.course.pk, "")))
    return bytes(calendar.to_ical())


def calendar_tag(lessons: Iterable[Lesson]) -> str:
    """An entity tag that changes with the content of the calendar, for conditional requests."""
    digest = hashlib.sha256()
    for lesson in lessons:
        said = (lesson.uid, lesson.starts_at, lesson.ends_at, lesson.room, lesson.state, lesson.reason)
        digest.update(repr((*said, lesson.substitutes, lesson.course.name)).encode())
    return f'"{digest.hexdigest()[:32]}"'


def _event(lesson: Lesson, origin: str, at: datetime, taken_for: str) -> Event:
    event = Event()
    event.add("uid", f"{lesson.uid}@{origin}")
    event.add("dtstamp", at)
    event.add("dtstart", lesson.starts_at)
    event.add("dtend", lesson.ends_at)
    event.add("summary", lesson.course.name)
    if lesson.room:
        event.add("location", lesson.room)
    if about := _about(lesson, taken_for):
        event.add("description", about)
    event.add("status", "CANCELLED" if lesson.is_cancelled else "CONFIRMED")
    if lesson.is_cancelled:
        event.add("transp", "TRANSPARENT")  # the time is free
    return event


def _about(lesson: Lesson, taken_for: str) -> str:
    lines = [lesson.reason]
    if taken_for:
        lines.append(_("For %s") % taken_for)
    elif lesson.substitutes:
        lines.append(_("Taken by %s") % ", ".join(lesson.substitutes))
    return "\n".join(filter(None, lines))
