"""Entries of a file of marks: each row's student, course, day and status, or the reason why it has none."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from attendance.domain.statuses import Status
from attendance.mark_imports.fields import DATE, STATUS
from attendance.mark_imports.words import Meaning, StatusReader
from attendance.register.status_codes import ShownStatus
from enrollment.importing.finding import Students
from enrollment.importing.naming import key_of, may_be_same, name_values, tokens
from enrollment.importing.records import Problem, Record
from enrollment.importing.state import Row, SchoolState

_MOST_MINUTES = 600
_KEYS = ("own_id", "external_id", "roll_number", "email")
COURSE_KEY = "course"  # of the answer which course a file is about


@dataclass(frozen=True, slots=True)
class Entry:
    """A row as far as it is understood. is_none: the cell says that nobody was marked; minutes: None where not told."""

    record: Record
    student: Row | None = None
    course: Row | None = None
    day: date | None = None
    hour: str = ""
    status: ShownStatus | None = None
    minutes: int | None = None
    note: str = ""
    is_none: bool = False
    problem: Problem | None = None


class Courses:
    """The school's courses by code, external id and name. answer: the course of a file that names none, by its id."""

    def __init__(self, rows: Iterable[Row], answer: str = "") -> None:
        self.rows = list(rows)
        self._by_key: dict[str, list[Row]] = defaultdict(list)
        for row in self.rows:
            for name in {key_of(row["code"]), key_of(row["external_id"]), key_of(row["name"])} - {""}:
                self._by_key[name].append(row)
        self.answered = next((row for row in self.rows if row["id"] == answer), None)

    def find(self, text: str) -> tuple[Row | None, Problem | None]:
        """The course that a cell names, or what is wrong with it. Of two with one name that which is taught counts."""
        found = self._by_key.get(key_of(text), []) if text else []
        active = [row for row in found if row["is_active"]]
        if len(active or found) == 1:
            return (active or found)[0], None
        if self.answered:
            return self.answered, None
        if found:
            said = _("%(number)d courses are called “%(name)s”. Write the course's code instead.")
            return None, Problem(said % {"number": len(found), "name": text}, "course", text)
        if not text:
            return None, Problem(_("The course is missing."), "course")
        return None, Problem(_("There is no course “%(name)s”.") % {"name": text}, "course", text)


class Reader:
    """Reader of a file's records: finds who and what each is about."""

    def __init__(self, school: SchoolState, courses: Courses, statuses: StatusReader) -> None:
        self.students, self.courses, self.statuses = Students(school), courses, statuses
        self._by_words: dict[frozenset[str], list[Row]] = defaultdict(list)  # names in whichever order
        for row in school.students:
            self._by_words[tokens(str(row["name"]))].append(row)
        self._in_course = {(row["course_id"], row["student_id"]) for row in school.enrollments}

    def entry(self, record: Record) -> Entry:
        """The entry of a record. The first thing wrong with it is its problem."""
        values = record.values
        meaning = self.statuses.read(values["status"]) if values.get("status") else None
        course, no_course = self.courses.find(values.get("course", ""))
        student, nobody = self._student(values, course)
        minutes, bad_minutes = _minutes(values, meaning)
        problems = (*record.problems, _empty(values), nobody, no_course, _unknown(values, meaning), bad_minutes)
        status = meaning.status if meaning else None
        return Entry(
            record=record,
            student=student,
            course=course,
            day=values.get("date"),
            hour=values.get("hour", ""),
            status=status,
            minutes=minutes if status and status.kind is Status.LATE else None,
            note=values.get("note", ""),
            is_none=meaning is not None and status is None,
            problem=next((each for each in problems if each), None),
        )

    def _student(self, values: Mapping[str, Any], course: Row | None) -> tuple[Row | None, Problem | None]:
        """The student whom all of a record's numbers name; without a number the only one of that name."""
        given = [(name, str(values[name])) for name in _KEYS if values.get(name)]
        if not given:
            return self._by_name(values, course)
        found = [(name, text, row) for name, text in given if (row := self._by_key(name, text))]
        if not found:
            name, text = given[0]
            return None, Problem(_("There is no student with the number %(number)s.") % {"number": text}, name, text)
        name, text, row = found[0]
        other = next((each for _name, _text, each in found if each["id"] != row["id"]), None)
        if other:
            said = _("The numbers of this row belong to two students, %(one)s and %(other)s.")
            return None, Problem(said % {"one": row["name"], "other": other["name"]}, name, text)
        if not may_be_same(row, values, self.students.order):
            said = _("%(number)s belongs to %(name)s, and the file names %(other)s.")
            told = {"number": text, "name": row["name"], "other": _name_of(values, self.students.order)}
            return None, Problem(said % told, name, text)
        return row, None

    def _by_key(self, name: str, text: str) -> Row | None:
        """The student with this number. Other systems call either of the two numbers an id."""
        if name == "email":
            return self.students.email(text)
        if name == "own_id":
            return self.students.by_id.get(text.lower())
        by_external, by_roll = self.students.by_external.get(text), self.students.roll(text)
        return by_external or by_roll if name == "external_id" else by_roll or by_external

    def _by_name(self, values: Mapping[str, Any], course: Row | None) -> tuple[Row | None, Problem | None]:
        name = _name_of(values, self.students.order)
        if not name:
            return None, Problem(_("The student is missing: neither a number nor a name is given."), "roll_number")
        found = self._by_words.get(tokens(name), [])
        if course and len(found) > 1:
            found = [row for row in found if (course["id"], row["id"]) in self._in_course] or found
        if len(found) > 1:
            said = _("%(number)d students are called %(name)s. Add the roll number to the file.")
            return None, Problem(said % {"number": len(found), "name": name}, "name", name)
        if not found:
            return None, Problem(_("There is no student called %(name)s.") % {"name": name}, "name", name)
        return found[0], None


def same_place(records: Sequence[Record]) -> bool:
    """True if rows of the file hold several marks each: then a status or date cannot be corrected by its row."""
    return len({record.number for record in records}) < len(records)


def _name_of(values: Mapping[str, Any], order: str) -> str:
    return name_values(values, None, order).get("name", "")


def _empty(values: Mapping[str, Any]) -> Problem | None:
    for each in (DATE, STATUS):
        if each.name not in values:
            return Problem(_("“%(field)s” is empty.") % {"field": each.label}, each.name)
    return None


def _unknown(values: Mapping[str, Any], meaning: Meaning | None) -> Problem | None:
    if meaning is not None or not values.get("status"):
        return None
    said = _("The portal doesn't know the status “%(word)s”. Choose what it means in the list of statuses.")
    return Problem(said % {"word": values["status"]})


def _minutes(values: Mapping[str, Any], meaning: Meaning | None) -> tuple[int | None, Problem | None]:
    """Minutes late as the file tells them, in a column of their own or with the status."""
    text = str(values.get("minutes", ""))
    if not text:
        return meaning.minutes if meaning else None, None
    digits = text.lower().removesuffix(".").removesuffix("min").strip().removesuffix(".0")
    if digits.isascii() and digits.isdecimal() and int(digits) <= _MOST_MINUTES:
        return int(digits), None
    return None, Problem(_("“%(text)s” is not a number of minutes.") % {"text": text}, "minutes", text)
