"""Clashes of weekly lessons in the preview of an import: a teacher, a group or a room with two lessons at one time."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, time
from typing import Any

from django.utils.translation import gettext as _

from enrollment.importing.naming import key_of
from enrollment.importing.state import Row, SchoolState

MOST_NOTES = 3  # of one lesson
Busy = tuple[int, str, str]  # weekday, sort (room, teacher, group), and its id


class Clashes:
    """The weekly lessons by who and what is busy in them. Slots are rows with course_id, weekday, starts, ends, room,
    first_day and last_day."""

    def __init__(self, school: SchoolState, slots: Iterable[Row]) -> None:
        self._courses = {row["id"]: row for row in school.courses}
        self._of_course: dict[str, list[tuple[str, str, str]]] = defaultdict(list)  # sort, id, name
        people = {row["id"]: row["name"] for row in school.members}
        invited = {row["id"]: row["name"] for row in school.invitations}
        groups = {row["id"]: row["name"] for row in school.groups}
        self._learn_links(school.teachings, "teacher_id", "teacher", people)
        self._learn_links(school.promised, "invitation_id", "invited", invited)
        self._learn_links(school.course_groups, "group_id", "group", groups)
        self._slots: dict[Busy, list[Row]] = defaultdict(list)
        for slot in slots:
            self.learn(slot)

    def learn(self, slot: Row) -> None:
        """Take a lesson of a course that is taught now into account."""
        if not self._courses.get(slot["course_id"], {}).get("is_active"):
            return
        for sort, key, _name in self._busy(slot):
            self._slots[slot["weekday"], sort, key].append(slot)

    def of(self, slot: Row) -> tuple[str, ...]:
        """A sentence for each other lesson at the same time, some at most."""
        found: dict[str, None] = {}
        for sort, key, name in self._busy(slot):
            for other in self._slots[slot["weekday"], sort, key]:
                if other["id"] != slot["id"] and _overlap(slot, other):
                    found[self._said(sort, name, other)] = None
        return tuple(found)[:MOST_NOTES]

    def _said(self, sort: str, name: str, other: Row) -> str:
        at = f"{other['starts']:%H:%M}–{other['ends']:%H:%M}"
        about = {"name": name, "course": self._courses[other["course_id"]]["name"], "at": at}
        if sort == "room":
            return _("Room %(name)s is used by %(course)s too, %(at)s.") % about
        if sort == "group":
            return _("%(name)s has %(course)s at the same time, %(at)s.") % about
        return _("%(name)s teaches %(course)s at the same time, %(at)s.") % about

    def _busy(self, slot: Row) -> Iterator[tuple[str, str, str]]:
        course = self._courses.get(slot["course_id"])
        room = slot.get("room") or (course["room"] if course else "")
        if room:
            yield "room", key_of(room), room
        yield from self._of_course.get(slot["course_id"], [])

    def _learn_links(self, links: Iterable[Row], column: str, sort: str, names: dict[str, Any]) -> None:
        for link in links:
            if link[column] in names:
                self._of_course[link["course_id"]].append((sort, link[column], names[link[column]]))


def _overlap(one: Row, other: Row) -> bool:
    """True if the two share a minute on some day. A lesson past midnight counts until midnight."""
    if one["course_id"] == other["course_id"] and one["starts"] == other["starts"]:
        return False  # the same lesson at other times of the year, or a split class
    days = _first(one) <= _last(other) and _first(other) <= _last(one)
    return days and one["starts"] < _end(other) and other["starts"] < _end(one)


def _first(slot: Row) -> date:
    day: date = slot["first_day"]
    return day


def _last(slot: Row) -> date:
    return slot["last_day"] or date.max


def _end(slot: Row) -> time:
    ends: time = slot["ends"]
    return ends if ends > slot["starts"] else time.max
