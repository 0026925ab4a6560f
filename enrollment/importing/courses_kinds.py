"""Plans of imports of courses and of rosters."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Role
from enrollment.importing.fields import Field, Reads
from enrollment.importing.finding import Students
from enrollment.importing.groups import ON_ROSTER, Groups
from enrollment.importing.naming import key_of
from enrollment.importing.plans import Absent, Action, Draft, Plan, RowPlan, Step, Write
from enrollment.importing.records import Options, Problem, Record
from enrollment.importing.state import Row, SchoolState
from enrollment.importing.students_fields import EMAIL, GROUP, NAME, ROLL_NUMBER

COURSE, TEACHING, PROMISED = "enrollment.Course", "enrollment.Teaching", "enrollment.InvitedTeacher"
COURSE_GROUP = "enrollment.CourseGroup"
CODE = Field(
    "code",
    gettext_lazy("Course code"),
    Reads.KEY,
    ("code", "course", "course id", "class code", "kurs", "kurskürzel", "kurs-nr", "kürzel", "cours", "code du cours",
     "código", "código del curso", "asignatura"),
    40,
)  # fmt: skip
COURSE_FIELDS = (
    CODE,
    Field(
        "name",
        gettext_lazy("Name"),
        Reads.NAME,
        ("course name", "title", "subject", "kursname", "bezeichnung", "fach", "titel", "nom", "nom du cours",
         "matière", "nombre", "nombre del curso"),
        120,
    ),
    Field("room", gettext_lazy("Room"), Reads.NAME, ("raum", "location", "salle", "aula", "sala"), 40),
    Field(
        "teachers",
        gettext_lazy("Teachers’ e-mails"),
        Reads.LIST,
        ("teacher", "teachers", "teacher email", "teachers' emails", "lehrkraft", "lehrkräfte", "lehrer",
         "e-mail lehrkraft", "enseignant", "professeur", "profesor", "profesores"),
        254,
    ),
    Field(
        "groups",
        gettext_lazy("Form groups"),
        Reads.LIST,
        ("group", "form", "form group", "class", "classes", "klasse", "klassen", "groupe", "classe", "grupo", "grupos"),
        40,
    ),
    Field(
        "external_id",
        gettext_lazy("External id"),
        Reads.KEY,
        ("sourcedid", "external key", "externe id", "identifiant", "id externo", "id"),
        255,
    ),
)  # fmt: skip
ROSTER_FIELDS = (
    CODE,
    ROLL_NUMBER,
    Field("external_id", gettext_lazy("Student’s external id"), Reads.KEY, ("student sourcedid", "student id"), 255),
    EMAIL,
    GROUP,
    NAME,
)
_LABELS: dict[str, Any] = {field.name: field.label for field in COURSE_FIELDS}
_TEACHING = (Role.ADMIN, Role.TEACHER)  # who may be a course's teacher


class Courses:
    """The school's courses by what identifies them, with those that a plan adds."""

    def __init__(self, state: SchoolState) -> None:
        self.by_code = {key_of(row["code"]): row for row in state.courses}
        self.by_external = {row["external_id"]: row for row in state.courses if row["external_id"]}
        self.groups_of = {(row["course_id"], row["group_id"]) for row in state.course_groups}
        self.taught = {(row["course_id"], row["teacher_id"]) for row in state.teachings}
        self.promised = {(row["course_id"], row["invitation_id"]) for row in state.promised}
        self.members = {row["email"].lower(): row for row in state.members if row["role"] in _TEACHING}
        self.waiting = {
            row["email"]: row for row in state.invitations if row["state"] == "pending" and row["role"] in _TEACHING
        }

    def find(self, values: Mapping[str, Any]) -> Row | None:
        external = values.get("external_id", "")
        return self.by_external.get(external) or self.by_code.get(key_of(values.get("code", "")))

    def teach(self, draft: Draft, course: str, email: str) -> str:
        """Let somebody teach a course; returns a sentence if nobody is known by that e-mail."""
        if member := self.members.get(email.lower()):
            if (course, member["id"]) not in self.taught:
                self.taught.add((course, member["id"]))
                draft.link(TEACHING, {"course_id": course, "teacher_id": member["id"]})
                draft.says(_("Teacher"), "", member["name"])
            return ""
        if invitation := self.waiting.get(email.lower()):
            if (course, invitation["id"]) not in self.promised:
                self.promised.add((course, invitation["id"]))
                draft.link(PROMISED, {"course_id": course, "invitation_id": invitation["id"]})
                draft.says(_("Teacher"), "", invitation["name"])
            return ""
        return _("Nobody with the e-mail %(email)s teaches here. Import the teachers first.") % {"email": email}

    def bind(self, draft: Draft, course: str, group: Row, groups: Groups) -> None:
        """Teach a group in a course: its students join the roster."""
        if (course, group["id"]) in self.groups_of:
            return
        self.groups_of.add((course, group["id"]))
        draft.link(COURSE_GROUP, {"course_id": course, "group_id": group["id"]})
        draft.says(_("Form group"), "", group["name"])
        for student in groups.members_of(group["id"]):
            groups.enrol(draft, course, student, group["id"])


def courses_plan(state: SchoolState, records: Sequence[Record], options: Options) -> Plan:
    """Plan the changes that a file of courses makes, with their teachers and groups."""
    courses, groups = Courses(state), _groups(state, records, options)
    seen: dict[str, int] = {}
    present: set[str] = set()
    rows = []
    for record in records:
        row = courses.find(record.values)
        if row:
            present.add(row["id"])
        rows.append(_course_row(state, courses, groups, seen, record, row))
    active = [row for row in state.courses if row["is_active"]]
    absent = [
        Absent(f"{row['name']} ({row['code']})", (Write(
            COURSE, Action.REMOVE, row["id"], {"is_active": True}, {"is_active": False}),))
        for row in active if row["id"] not in present
    ]  # fmt: skip
    return Plan(tuple(rows), tuple(absent), of=len(active))


def _course_row(
    state: SchoolState, courses: Courses, groups: Groups, seen: dict[str, int], record: Record, row: Row | None
) -> RowPlan:
    values = record.values
    code = values.get("code", "") or (row["code"] if row else values.get("external_id", "")[:40])
    name = values.get("name") or (row["name"] if row else "")
    shown = f"{name} ({code})" if name else code or _("No name")
    problem = _course_problem(record, row, code, name, seen, groups)
    if problem:
        return RowPlan(record.number, shown, Step.LEFT_OUT, problem=problem)
    draft = Draft(state.namespace)
    columns = {each: values[each] for each in ("name", "room", "external_id") if values.get(each)}
    if row:
        draft.change(COURSE, row, {**columns, "is_active": True}, {**_LABELS, "is_active": _("Taught now")})
        course = row["id"]
    else:
        columns = {"code": code, "room": "", "external_id": "", "year_id": state.year, "is_active": True, **columns}
        course = draft.add(COURSE, key_of(code), columns)
        courses.by_code[key_of(code)] = {"id": course, **columns}
    for each in values.get("groups", ()):
        courses.bind(draft, course, groups.need(draft, each), groups)
    for email in values.get("teachers", ()):
        if said := courses.teach(draft, course, email):
            draft.notes.append(said)
    step = Step.NEW if row is None else Step.CHANGE if draft.writes else Step.SAME
    differences = () if step is Step.NEW else tuple(draft.differences)
    return RowPlan(record.number, shown, step, tuple(draft.writes), differences, notes=tuple(draft.notes))


def _course_problem(
    record: Record, row: Row | None, code: str, name: str, seen: dict[str, int], groups: Groups
) -> Problem | None:
    if record.problems:
        return record.problems[0]
    if not code:
        return Problem(_("The course code is missing."), "code")
    if seen.setdefault(key_of(code), record.number) != record.number:
        said = _("%(field)s %(value)s is also in row %(row)d.")
        said %= {"field": _LABELS["code"], "value": code, "row": seen[key_of(code)]}
        return Problem(said, "code", code)
    if not name:
        return Problem(_("The name is missing."), "name")
    found = (groups.resolved(each, "groups")[1] for each in record.values.get("groups", ()))
    return next((problem for problem in found if problem), None)


def _groups(state: SchoolState, records: Sequence[Record], options: Options) -> Groups:
    names = [name for record in records for name in record.values.get("groups", ())]
    return Groups(state, options.answers, [name for name in names for _often in range(3)])  # a course names it once


def rosters_plan(state: SchoolState, records: Sequence[Record], options: Options) -> Plan:
    """Plan the changes that a file of rosters makes: a row puts a student, or a form group, into a course.

    Absent are those who are on the roster of a course that the file names, were put there on their own, and are not in
    the file.
    """
    courses, students = Courses(state), Students(state)
    groups = Groups(state, options.answers, [])
    named: set[tuple[str, str]] = set()
    about: set[str] = set()
    seen: Counter[tuple[str, str]] = Counter()
    rows = tuple(_roster_row(state, courses, students, groups, record, named, about, seen) for record in records)
    on_rosters = [row for row in state.enrollments if row["course_id"] in about and row["group_id"] is None]
    by_course = {row["id"]: row for row in state.courses}
    absent = []
    for row in on_rosters:
        if (row["course_id"], row["student_id"]) not in named:
            draft = Draft(state.namespace)
            draft.remove(ON_ROSTER, row)
            who = f"{students.by_id[row['student_id']]['name']} · {by_course[row['course_id']]['name']}"
            absent.append(Absent(who, tuple(draft.writes)))
    return Plan(rows, tuple(absent), of=len(on_rosters))


def _roster_row(
    state: SchoolState,
    courses: Courses,
    students: Students,
    groups: Groups,
    record: Record,
    named: set[tuple[str, str]],
    about: set[str],
    seen: Counter[tuple[str, str]],
) -> RowPlan:
    values = record.values
    course = courses.by_code.get(key_of(values.get("code", ""))) or courses.by_external.get(values.get("code", ""))
    found = students.find({each: values[each] for each in values if each not in ("name", "code", "group")}, {})
    student, group = found.row, groups.find(values.get("group", "")) if values.get("group") else None
    by_person = any(values.get(each) for each in ("roll_number", "external_id", "email"))
    who = student["name"] if student else values.get("name") or (group["name"] if group else "")
    shown = f"{who or _('No name')} · {course['name'] if course else values.get('code', '')}"
    problem = _roster_problem(record, course, student, group, by_person)
    if course:
        about.add(course["id"])
        if student:
            named.add((course["id"], student["id"]))
    if course and not problem:
        key = (course["id"], student["id"] if by_person and student else group["id"] if group else "")
        seen[key] += 1
        if seen[key] > 1:
            problem = Problem(_("This is in the file twice."))
    if problem or course is None:
        return RowPlan(record.number, shown, Step.LEFT_OUT, problem=problem)
    draft = Draft(state.namespace)
    if by_person and student:
        groups.enrol(draft, course["id"], student["id"], None)
    elif group:
        courses.bind(draft, course["id"], group, groups)
    return RowPlan(record.number, shown, Step.NEW if draft.writes else Step.SAME, tuple(draft.writes))


def _roster_problem(
    record: Record, course: Row | None, student: Row | None, group: Row | None, by_person: bool
) -> Problem | None:
    values = record.values
    if record.problems:
        return record.problems[0]
    if not course:
        said = _("There is no course with the code %(code)s.") % {"code": values.get("code", "")}
        return Problem(said if values.get("code") else _("The course code is missing."), "code", values.get("code", ""))
    if by_person and student is None:
        number = values.get("roll_number") or values.get("external_id") or values.get("email", "")
        field = next(each for each in ("roll_number", "external_id", "email") if values.get(each))
        return Problem(_("There is no student with the number %(number)s.") % {"number": number}, field, number)
    if by_person and student and not student["is_active"]:
        return Problem(_("%(name)s has left the school.") % {"name": student["name"]}, "roll_number")
    if not by_person and group is None:
        name = values.get("group", "")
        said = _("There is no form group %(group)s.") % {"group": name}
        return Problem(said if name else _("The roll number is missing."), "group" if name else "roll_number", name)
    return None
