"""Plan of an import of marks: which are new, which the register has already, and which contradict it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Institution
from attendance.domain.marks import Mark
from attendance.domain.statuses import Status
from attendance.mark_imports.days import day_words
from attendance.mark_imports.entries import COURSE_KEY, Courses, Entry, Reader, same_place
from attendance.mark_imports.fields import HOUR, MINUTES, NOTE, STATUS
from attendance.mark_imports.lessons import Lesson, Lessons
from attendance.mark_imports.words import reader_of
from attendance.register.status_codes import SchoolStatuses, statuses_of
from attendance.repositories import marks_for
from attendance.repositories.base import RegisterError
from enrollment.importing.errors import ImportFileError
from enrollment.importing.plans import Action, Decision, Difference, Plan, RowPlan, Step, Write
from enrollment.importing.records import Choice, Options, Problem, Record
from enrollment.importing.state import SchoolState, state_read

SESSION, MARK = "attendance.ClassSession", "attendance.MarkRow"
KEEP, REPLACE, ADD = "keep", "replace", "add"
CONTRADICTIONS, LESSONS, ROSTERS = "contradictions", "lessons", "rosters"  # keys of the decisions
_OF_A_CELL = {"date", STATUS.name, HOUR.name, MINUTES.name, NOTE.name}


@dataclass(frozen=True, slots=True)
class MarksState:
    """A school, its people and courses, and its statuses."""

    institution: Institution
    school: SchoolState
    statuses: SchoolStatuses


def marks_state(institution: Institution, namespace: UUID) -> MarksState:
    """Read what a plan compares with, but for the lessons, which the file chooses."""
    return MarksState(institution, state_read(institution, namespace), statuses_of(institution))


def mark_row(session: str, student: str) -> str:
    """The key of a mark among an import's changes."""
    return f"{UUID(session).hex}{UUID(student).hex}"


def mark_place(row: str) -> tuple[UUID, UUID]:
    """Session and student of such a key."""
    return UUID(row[:32]), UUID(row[32:])


def marks_plan(state: MarksState, records: Sequence[Record], options: Options) -> Plan:
    """Plan the marks of a file. Raises ImportFileError where the store of marks cannot be read."""
    statuses = reader_of(state.statuses, (str(each.values.get("status", "")) for each in records), options.answers)
    courses = Courses(state.school.courses, options.answers.get(COURSE_KEY, ""))
    reader = Reader(state.school, courses, statuses)
    entries = [reader.entry(record) for record in records]
    store = marks_for(state.institution)
    adds = options.answers.get(LESSONS) == ADD
    lessons = Lessons(state.school, state.institution, entries, retention=store.retention_days, adds=adds)
    found = [(entry, *_lesson_of(entry, lessons)) for entry in entries if not entry.is_none or entry.problem]
    known = {UUID(lesson.key) for _entry, lesson, problem in found if lesson and lesson.state and not problem}
    try:
        marks = store.for_sessions(known)
    except RegisterError as error:
        raise ImportFileError("store", str(error)) from error
    planner = _Planner(
        state, marks,
        replaces=options.answers.get(CONTRADICTIONS) == REPLACE, adds_students=options.answers.get(ROSTERS) == ADD,
    )  # fmt: skip
    in_cells = same_place(records)
    rows = tuple(_shown(planner.row(*each), in_cells) for each in found)
    return Plan(
        rows,
        notes=planner.notes(lessons),
        decisions=_decisions(planner.contradictions, len(lessons.unplanned), planner.left, options.answers),
        words=statuses.words(),
    )


def _lesson_of(entry: Entry, lessons: Lessons) -> tuple[Lesson | None, Problem | None]:
    return (None, entry.problem) if entry.problem else lessons.of(entry)


def _shown(row: RowPlan, in_cells: bool) -> RowPlan:
    """The row without the way to correct its cell, where a row of the file holds several marks."""
    if row.problem and in_cells and row.problem.field in _OF_A_CELL:
        return replace(row, problem=replace(row.problem, field=""))
    return row


class _Planner:
    """Plans the rows one after the other: the first row of a lesson carries the lesson itself."""

    def __init__(
        self, state: MarksState, marks: Mapping[UUID, Mapping[UUID, Mark]], *, replaces: bool, adds_students: bool
    ) -> None:
        self.state, self.marks, self.replaces, self.adds_students = state, marks, replaces, adds_students
        self.in_course = {(row["course_id"], row["student_id"]) for row in state.school.enrollments}
        self.seen: dict[tuple[str, str], int] = {}
        self.lessons: dict[str, Lesson] = {}
        self.contradictions = self.left = 0  # left: marks of students who are on the course's roster no longer

    def row(self, entry: Entry, lesson: Lesson | None, problem: Problem | None) -> RowPlan:
        """The plan of a row."""
        name = _name(entry, lesson)
        problem = problem or (self._problem(entry, lesson) if lesson else None)
        if problem or lesson is None or entry.student is None:
            return RowPlan(entry.record.number, name, Step.LEFT_OUT, problem=problem)
        held = self.marks.get(UUID(lesson.key), {}).get(UUID(entry.student["id"]))
        before = held if held and held.status is not Status.NONE else None
        after = _after(entry)
        told = Difference(str(STATUS.label), self._words(_content(before)), self._words(after))
        if before is None:
            write = Write(MARK, Action.ADD, mark_row(lesson.key, entry.student["id"]), after=after)
            return RowPlan(entry.record.number, name, Step.NEW, (*self._opening(lesson), write), (told,))
        if _says(before, entry):
            return RowPlan(entry.record.number, name, Step.SAME, self._opening(lesson))
        self.contradictions += 1
        if not self.replaces:
            said = _("The register has “%(before)s”, the file “%(after)s”. The register's mark stays.")
            problem = Problem(said % {"before": told.before, "after": told.after})
            return RowPlan(entry.record.number, name, Step.LEFT_OUT, problem=problem)
        row = mark_row(lesson.key, entry.student["id"])
        write = Write(MARK, Action.CHANGE, row, _content(before) | {"version": before.version}, after)
        return RowPlan(entry.record.number, name, Step.CHANGE, (*self._opening(lesson), write), (told,))

    def notes(self, lessons: Lessons) -> tuple[str, ...]:
        """Sentences about the lessons of the file."""
        held = sum(each.is_closed for each in self.lessons.values())
        added = sum(each.is_added for each in self.lessons.values())
        planned = len(self.lessons) - held - added
        said = [
            ngettext(
                "%(n)d lesson has a register already.", "%(n)d lessons have a register already.", held
            ) if held else "",
            ngettext(
                "%(n)d lesson of the timetable gets a closed register.",
                "%(n)d lessons of the timetable get a closed register.", planned,
            ) if planned else "",
            ngettext(
                "%(n)d lesson is added that is not in the timetable.",
                "%(n)d lessons are added that are not in the timetable.", added,
            ) if added else "",
        ]  # fmt: skip
        numbers = (held, planned, added)
        return tuple(text % {"n": number} for text, number in zip(said, numbers, strict=True) if text)

    def _problem(self, entry: Entry, lesson: Lesson) -> Problem | None:
        """The reason why the student has no place in the lesson."""
        assert entry.student is not None
        told = {"name": entry.student["name"], "course": lesson.course["name"], "day": day_words(lesson.day)}
        is_in_course = (lesson.course["id"], entry.student["id"]) in self.in_course
        on_register = lesson.on_register is not None and entry.student["id"] in lesson.on_register
        if lesson.is_closed and not lesson.is_imported and not on_register:
            return Problem(_("%(name)s was not on the register of %(course)s on %(day)s.") % told)
        if not on_register and not is_in_course:
            self.left += 1
            if not self.adds_students:
                return Problem(_("%(name)s is not on the roster of %(course)s.") % told)
        key = (lesson.key, entry.student["id"])
        if key in self.seen:
            return Problem(_("Row %(row)d has a mark for this student and lesson already.") % {"row": self.seen[key]})
        self.seen[key] = entry.record.number
        return None

    def _opening(self, lesson: Lesson) -> tuple[Write, ...]:
        """The write of the lesson's own row, with the first of its marks: it is added, or its register closed."""
        is_first = lesson.key not in self.lessons
        self.lessons[lesson.key] = lesson
        if not is_first or lesson.is_closed:
            return ()
        if not lesson.state:
            return (Write(SESSION, Action.ADD, lesson.key, after=lesson.values),)
        return (Write(SESSION, Action.CHANGE, lesson.key, {"state": lesson.state}, {"state": "closed"}),)

    def _words(self, content: Mapping[str, Any]) -> str:
        """A mark in words, such as "Late, 5 min · Bus"."""
        if not content:
            return ""
        label = self.state.statuses.of(Status(content["status"]), content["code"]).label
        late = content["minutes_late"]
        minutes = _("%(n)d min") % {"n": late} if late else ""
        return " · ".join(filter(None, [", ".join(filter(None, [label, minutes])), content["note"]]))


def _name(entry: Entry, lesson: Lesson | None) -> str:
    """The student, course and day of a row, as far as they are known."""
    values = entry.record.values
    given = " ".join(str(values[each]) for each in ("given_name", "family_name") if values.get(each))
    who = entry.student["name"] if entry.student else values.get("name") or given or values.get("roll_number") or ""
    course = entry.course["name"] if entry.course else values.get("course", "")
    day: date | None = lesson.day if lesson else entry.day
    return " · ".join(filter(None, [who or _("No name"), course, day_words(day) if day else ""]))


def _after(entry: Entry) -> dict[str, Any]:
    assert entry.status is not None
    status = {"status": entry.status.kind.value, "code": entry.status.code}
    return {**status, "minutes_late": entry.minutes or 0, "note": entry.note}


def _content(mark: Mark | None) -> dict[str, Any]:
    """A mark as a plan compares it; {} of none."""
    if mark is None:
        return {}
    return {"status": mark.status.value, "code": mark.code, "minutes_late": mark.minutes_late, "note": mark.note}


def _says(mark: Mark, entry: Entry) -> bool:
    """True if the register's mark says what the file says; what the file leaves open does not differ."""
    assert entry.status is not None
    if (mark.status, mark.code) != (entry.status.kind, entry.status.code):
        return False
    return entry.minutes in (None, mark.minutes_late) and entry.note in ("", mark.note)


def _decisions(contradictions: int, unplanned: int, left: int, answers: Mapping[str, str]) -> tuple[Decision, ...]:
    """The choices about the whole file, each shown only where it matters."""
    found = []
    if left:
        said = ngettext(
            "%(n)d mark is of a student who is not on the course's roster now.",
            "%(n)d marks are of students who are not on the course's roster now.", left,
        ) % {"n": left}  # fmt: skip
        choices = (Choice(KEEP, _("Leave them out")), Choice(ADD, _("Import them: they were in the course then")))
        found.append(Decision(ROSTERS, said, choices, answers.get(ROSTERS) or KEEP))
    if contradictions:
        said = ngettext(
            "%(n)d mark in the register differs from this file.", "%(n)d marks in the register differ from this file.",
            contradictions,
        ) % {"n": contradictions}  # fmt: skip
        choices = (Choice(KEEP, _("Keep the register's marks")), Choice(REPLACE, _("Use the file's marks")))
        found.append(Decision(CONTRADICTIONS, said, choices, answers.get(CONTRADICTIONS) or KEEP))
    if unplanned:
        said = ngettext(
            "%(n)d lesson in this file is not in the timetable.",
            "%(n)d lessons in this file are not in the timetable.",
            unplanned,
        ) % {"n": unplanned}
        choices = (Choice(KEEP, _("Leave them out")), Choice(ADD, _("Add them, with a closed register")))
        found.append(Decision(LESSONS, said, choices, answers.get(LESSONS) or KEEP))
    return tuple(found)
