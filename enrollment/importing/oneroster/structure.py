"""Structure of a OneRoster bundle: years and terms, courses and form groups, and who is in them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enrollment.importing.courses_kinds import COURSE, TEACHING, Courses
from enrollment.importing.fields import header_key
from enrollment.importing.groups import GROUP, ON_ROSTER, PLACE, Groups
from enrollment.importing.naming import key_of
from enrollment.importing.oneroster.bundle import Bundle, Entry
from enrollment.importing.oneroster.people import People
from enrollment.importing.plans import Absent, Draft, RowPlan, Step
from enrollment.importing.records import Problem
from enrollment.importing.state import Row, SchoolState
from enrollment.importing.values import BadValue, date_of

YEAR, TERM = "enrollment.SchoolYear", "enrollment.Term"
_SPAN = {"name": gettext_lazy("Name"), "starts_on": gettext_lazy("first day"), "ends_on": gettext_lazy("last day")}
_IGNORED_ROLES = {"administrator", "proctor", "aide"}


@dataclass
class Structure:
    """The bundle's classes by sourcedId: ids of courses and of groups, and the years of sessions."""

    rows: list[RowPlan] = field(default_factory=list)
    absent: list[Absent] = field(default_factory=list)
    of: int = 0
    years: dict[str, str] = field(default_factory=dict)  # ids of years by session
    courses: dict[str, str] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)


def _left_out(entry: Entry, name: str, said: str, where: str) -> RowPlan:
    return RowPlan(entry.number, name or entry.id, Step.LEFT_OUT, problem=Problem(said), where=where)


def _step(draft: Draft, *, is_new: bool) -> Step:
    return Step.NEW if is_new else Step.CHANGE if draft.writes else Step.SAME


def _planned(entry: Entry, name: str, draft: Draft, is_new: bool, where: str) -> RowPlan:
    shown = () if is_new else tuple(draft.differences)
    step = _step(draft, is_new=is_new)
    return RowPlan(entry.number, name, step, tuple(draft.writes), shown, notes=tuple(draft.notes), where=where)


# -- Years and terms ---------------------------------------------------------------------------------------------------


def sessions_plan(state: SchoolState, bundle: Bundle, structure: Structure) -> None:
    """Plan school years, and the terms and semesters in them; grading periods are not kept."""
    where = "academicSessions.csv"
    structure.years |= {row["external_id"]: row["id"] for row in state.years if row["external_id"]}
    structure.years |= {row["external_id"]: row["year_id"] for row in state.terms if row["external_id"]}
    entries = {entry.id: entry for entry in bundle.of("academicSessions") if not entry.is_gone}
    is_year = {each: header_key(entry.values.get("type", "")) == "schoolyear" for each, entry in entries.items()}
    for entry in sorted(entries.values(), key=lambda each: not is_year[each.id]):
        title = entry.values.get("title", "")[:40] or entry.id[:40]
        kind = header_key(entry.values.get("type", ""))
        if kind not in ("schoolyear", "term", "semester", "gradingperiod"):
            said = _("The type “%(type)s” is unknown.") % {"type": entry.values.get("type", "")}
            structure.rows.append(_left_out(entry, title, said, where))
            continue
        span = _span(entry)
        if span is None:
            said = _("The first or the last day cannot be read.")
            structure.rows.append(_left_out(entry, title, said, where))
            continue
        year = "" if is_year[entry.id] else _year_of(entry, entries, structure)
        if is_year[entry.id]:
            structure.rows.append(_put_span(state, structure, entry, YEAR, state.years, {"name": title, **span}, where))
        elif year:
            structure.years[entry.id] = year
            if kind != "gradingperiod":
                values = {"name": title, **span, "year_id": year}
                structure.rows.append(_put_span(state, structure, entry, TERM, state.terms, values, where))
        else:
            structure.rows.append(_left_out(entry, title, _("Its school year is not in the file."), where))


def _span(entry: Entry) -> dict[str, date] | None:
    try:
        starts = date_of(entry.values.get("startDate", "")[:10], "mdy")
        ends = date_of(entry.values.get("endDate", "")[:10], "mdy")
    except BadValue:
        return None
    return {"starts_on": starts, "ends_on": ends} if starts <= ends else None


def _year_of(entry: Entry, entries: Mapping[str, Entry], structure: Structure) -> str:
    """The id of the year above a session; "" where there is none, or where the sessions go round in a circle."""
    seen: set[str] = set()
    at = entry.values.get("parentSourcedId", "")
    while at and at not in seen:
        if at in structure.years:
            return structure.years[at]
        seen.add(at)
        at = entries[at].values.get("parentSourcedId", "") if at in entries else ""
    return ""


def _put_span(
    state: SchoolState,
    structure: Structure,
    entry: Entry,
    model: str,
    rows: list[Row],
    values: dict[str, Any],
    where: str,
) -> RowPlan:
    draft = Draft(state.namespace)
    same = [row for row in rows if row["external_id"] == entry.id]
    same += [row for row in rows if not row["external_id"] and row["name"] == values["name"]
             and row.get("year_id") == values.get("year_id")]  # fmt: skip
    values = {**values, "external_id": entry.id}
    if same:
        draft.change(model, same[0], values, _SPAN)
        row = same[0]["id"]
    else:
        row = draft.add(model, entry.id, values)
        rows.append({"id": row, **values})
    if model == YEAR:
        structure.years[entry.id] = row
    return _planned(entry, values["name"], draft, not same, where)


# -- Classes -----------------------------------------------------------------------------------------------------------


def classes_plan(state: SchoolState, bundle: Bundle, orgs: frozenset[str] | None, structure: Structure) -> None:
    """Plan courses from scheduled classes, and form groups from homerooms."""
    where = "classes.csv"
    known, courses = {entry.id for entry in bundle.of("courses")}, _KnownCourses(state.courses)
    codes = Counter(entry.values.get("classCode", "") for entry in bundle.of("classes"))
    for entry in bundle.of("classes"):
        school = entry.values.get("schoolSourcedId", "")
        if orgs is not None and school and school not in orgs:
            continue
        title = entry.values.get("title", "")
        structure.titles[entry.id] = title
        course = entry.values.get("courseSourcedId", "")
        kind = header_key(entry.values.get("classType", "scheduled"))
        if bundle.is_whole("courses") and course not in known:
            said = _("The course %(id)s is not in courses.csv.") % {"id": course}
            structure.rows.append(_left_out(entry, title, said, where))
        elif not entry.id or not title:
            structure.rows.append(_left_out(entry, title, _("The sourcedId or the title is missing."), where))
        elif kind == "homeroom":
            structure.rows.append(_group(state, structure, entry, where))
        elif kind == "scheduled" or kind.startswith("ext"):
            structure.rows.append(_course(state, structure, entry, codes, courses, where))
        else:
            said = _("The type “%(type)s” is unknown.") % {"type": entry.values.get("classType", "")}
            structure.rows.append(_left_out(entry, title, said, where))


def _year(state: SchoolState, structure: Structure, entry: Entry) -> str | None:
    held = (structure.years[term] for term in entry.list("termSourcedIds") if term in structure.years)
    return next(held, state.year)


def _group(state: SchoolState, structure: Structure, entry: Entry, where: str) -> RowPlan:
    draft, title, year = Draft(state.namespace), entry.values["title"], _year(state, structure, entry)
    if len(title) > 40:
        return _left_out(entry, title, _("The title is longer than 40 letters."), where)
    same = [row for row in state.groups if row["external_id"] == entry.id]
    same += [row for row in state.groups if not row["external_id"] and row["year_id"] in (year, None)
             and key_of(row["name"]) == key_of(title)]  # fmt: skip
    values = {"name": title, "external_id": entry.id, "is_active": not entry.is_gone}
    if same:
        draft.change(GROUP, same[0], values, {"name": _("Name"), "is_active": _("Exists now")})
        structure.groups[entry.id] = same[0]["id"]
    elif not entry.is_gone:
        grade = ", ".join(entry.list("grades"))[:20]
        structure.groups[entry.id] = draft.add(GROUP, entry.id, {**values, "year_id": year, "grade": grade})
        state.groups.append({"id": structure.groups[entry.id], **values, "year_id": year, "grade": grade})
    return _planned(entry, title, draft, bool(draft.writes) and not same, where)


class _KnownCourses:
    """Courses by external id and by code."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.by_external: dict[str, Row] = {}
        self.by_code: dict[str, Row] = {}
        for row in rows:
            self.add(row)

    def add(self, row: Row) -> None:
        if row["external_id"]:
            self.by_external.setdefault(row["external_id"], row)
        self.by_code.setdefault(key_of(row["code"]), row)

    def find(self, external: str, code: str) -> Row | None:
        """The course of this external id, else the one of this code, unless it has another external id."""
        by_code = self.by_code.get(key_of(code))
        return self.by_external.get(external) or (by_code if by_code and not by_code["external_id"] else None)


def _course(
    state: SchoolState,
    structure: Structure,
    entry: Entry,
    codes: Mapping[str, int],
    known: _KnownCourses,
    where: str,
) -> RowPlan:
    draft, title = Draft(state.namespace), entry.values["title"]
    code = entry.values.get("classCode", "")
    code = code if code and codes[code] == 1 and len(code) <= 40 else entry.id[:40]
    same = known.find(entry.id, code)
    values = {"name": title[:120], "external_id": entry.id, "is_active": not entry.is_gone}
    if room := entry.values.get("location", "")[:40]:
        values["room"] = room
    if same:
        draft.change(COURSE, same, values, {"name": _("Name"), "room": _("Room"), "is_active": _("Taught now")})
        structure.courses[entry.id] = same["id"]
    elif not entry.is_gone:
        if key_of(code) in known.by_code:
            return _left_out(entry, title, _("Another course has the code %(code)s.") % {"code": code}, where)
        values = {"room": "", "year_id": _year(state, structure, entry), **values, "code": code}
        structure.courses[entry.id] = draft.add(COURSE, entry.id, values)
        known.add({"id": structure.courses[entry.id], **values})
        state.courses.append({"id": structure.courses[entry.id], **values})
    return _planned(entry, title, draft, bool(draft.writes) and not same, where)


# -- Enrollments -------------------------------------------------------------------------------------------------------


def enrollments_plan(
    state: SchoolState, bundle: Bundle, orgs: frozenset[str] | None, people: People, structure: Structure
) -> None:
    """Plan who is in which class: students on rosters and in groups, teachers at their courses."""
    work = _Enrollments(state, people, structure)
    for entry in bundle.of("enrollments"):
        school = entry.values.get("schoolSourcedId", "")
        if orgs is None or not school or school in orgs:
            structure.rows.append(work.row(entry))
    if bundle.is_whole("enrollments"):
        structure.absent += work.absent()
        structure.of += work.of


class _Enrollments:
    where = "enrollments.csv"

    def __init__(self, state: SchoolState, people: People, structure: Structure) -> None:
        self.state, self.people, self.structure = state, people, structure
        self.courses, self.groups = Courses(state), Groups(state, {}, [])
        self.known_courses = {row["external_id"]: row["id"] for row in state.courses if row["external_id"]}
        self.known_groups = {row["external_id"]: row["id"] for row in state.groups if row["external_id"]}
        self.known_students = {row["external_id"]: row["id"] for row in state.students if row["external_id"]}
        self.rosters = {(row["course_id"], row["student_id"]): row for row in state.enrollments}
        self.places = {(row["group_id"], row["student_id"]): row for row in state.places}
        self.named: set[tuple[str, str]] = set()
        self.of = 0

    def row(self, entry: Entry) -> RowPlan:
        values, titles = entry.values, self.structure.titles
        which, user = values.get("classSourcedId", ""), values.get("userSourcedId", "")
        name = f"{self.people.names.get(user, user)} · {titles.get(which, which)}"
        role = header_key(values.get("role", ""))
        course = self.structure.courses.get(which) or self.known_courses.get(which, "")
        group = self.structure.groups.get(which) or self.known_groups.get(which, "")
        draft = Draft(self.state.namespace)
        if not course and not group:
            return _left_out(entry, name, _("The class %(id)s is not in the file.") % {"id": which}, self.where)
        if role == "student":
            said = self._student(draft, entry, course, group, user)
        elif role == "teacher":
            said = self._teacher(draft, course, user, entry)
        elif role in _IGNORED_ROLES or role.startswith("ext"):
            said = ""
        else:
            said = _("The role “%(role)s” is unknown.") % {"role": values.get("role", "")}
        if said:
            return _left_out(entry, name, said, self.where)
        is_new = any(write.action == "add" for write in draft.writes)
        return _planned(entry, name, draft, is_new, self.where)

    def _student(self, draft: Draft, entry: Entry, course: str, group: str, user: str) -> str:
        student = self.people.students.get(user) or self.known_students.get(user, "")
        ended = entry.values.get("endDate", "")[:10]
        is_over = entry.is_gone or (ended[:4].isdigit() and ended < self.state.today.isoformat())
        if not student:
            return "" if is_over else _("The student %(id)s is not in the file.") % {"id": user}
        if course:
            row = self.rosters.get((course, student))
            if is_over and entry.is_gone and row and row["id"]:
                draft.remove(ON_ROSTER, row)
                draft.says(_("On the roster"), _("yes"), _("no"))
                del self.rosters[course, student]
            elif not is_over:
                self.named.add((course, student))
                if self.groups.enrol(draft, course, student, None):
                    self.rosters[course, student] = {"id": "", "course_id": course, "student_id": student}
        elif group:
            self._place(draft, group, student, is_over, entry)
        return ""

    def _place(self, draft: Draft, group: str, student: str, is_over: bool, entry: Entry) -> None:
        held = self.places.get((group, student))
        if is_over and entry.is_gone and held:
            draft.remove(PLACE, held)
            del self.places[group, student]
            draft.says(_("In the group"), _("yes"), _("no"))
        elif not is_over and group in self.groups.by_id:
            self.groups.join(draft, student, self.groups.by_id[group]["name"], "", _("Form group"))

    def _teacher(self, draft: Draft, course: str, user: str, entry: Entry) -> str:
        email = self.people.emails.get(user)
        if entry.is_gone:
            email = self.people.left.get(user) if email is None else email
        if email is None:
            return _("The teacher %(id)s is not in the file.") % {"id": user}
        if entry.is_gone:
            self._teaches_no_more(draft, course, email)
            return ""
        if not email:
            return _("The teacher has no e-mail, so nobody can be invited.")
        return self.courses.teach(draft, course, email) if course else ""

    def _teaches_no_more(self, draft: Draft, course: str, email: str) -> None:
        member = self.courses.members.get(email)
        for row in self.state.teachings:
            if member and (row["course_id"], row["teacher_id"]) == (course, member["id"]):
                draft.remove(TEACHING, row)
                draft.says(_("Teacher"), member["name"], "")

    def absent(self) -> Sequence[Absent]:
        """Places on rosters of the file's courses that are not in the file."""
        about = set(self.structure.courses.values())
        students = {row["id"]: row["name"] for row in self.state.students}
        titles = {row["id"]: row["name"] for row in self.state.courses}
        found = []
        for row in self.state.enrollments:
            if row["course_id"] in about and row["group_id"] is None:
                self.of += 1
                if (row["course_id"], row["student_id"]) not in self.named:
                    draft = Draft(self.state.namespace)
                    draft.remove(ON_ROSTER, row)
                    found.append(
                        Absent(f"{students[row['student_id']]} · {titles[row['course_id']]}", tuple(draft.writes))
                    )
        return found
