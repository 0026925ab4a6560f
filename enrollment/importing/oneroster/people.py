"""People of a OneRoster bundle: students, guardians and teachers."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from enrollment.importing.families import Families
from enrollment.importing.fields import header_key
from enrollment.importing.oneroster.bundle import Bundle, Entry
from enrollment.importing.people_kinds import INVITATION, teachers_plan
from enrollment.importing.plans import Absent, Action, Difference, Draft, RowPlan, Step, Write
from enrollment.importing.records import Options, Problem, Record
from enrollment.importing.state import SchoolState
from enrollment.importing.students import STUDENT, students_plan
from enrollment.importing.students_fields import LABELS
from enrollment.importing.values import BadValue, date_of

FILE, ROLES_FILE = "users.csv", "roles.csv"
_ROLES = {"student": "student", "teacher": "teacher", "guardian": "guardian", "parent": "guardian",
          "relative": "guardian"}  # fmt: skip
_IGNORED = {
    "administrator", "aide", "proctor", "counselor", "districtadministrator", "principal", "siteadministrator",
    "systemadministrator",
}  # fmt: skip
_NO = ("false", "0", "no", "n")


@dataclass
class People:
    """Outcome of the bundle's users: rows of the plan, and who is who by sourcedId."""

    rows: list[RowPlan] = field(default_factory=list)
    absent: list[Absent] = field(default_factory=list)
    of: int = 0
    students: dict[str, str] = field(default_factory=dict)  # ids of students
    names: dict[str, str] = field(default_factory=dict)
    emails: dict[str, str] = field(default_factory=dict)  # of teachers
    left: dict[str, str] = field(default_factory=dict)  # e-mails of those who teach no more
    ignored: int = 0  # users of roles that are not imported


def people_plan(state: SchoolState, bundle: Bundle, orgs: frozenset[str] | None, options: Options) -> People:
    """Plan the users of a bundle. orgs: those that are this school (None: all)."""
    people = People()
    by_role: dict[str, list[Entry]] = defaultdict(list)
    roles, of_before = _roles(bundle, state.today), _roles_of_before(state, bundle)
    ended = _student_roles_ended(bundle, roles, orgs)
    for entry in bundle.of("users"):
        own = roles.get(entry.id, ())
        if not _is_here(entry, own, orgs):
            continue
        if _has_left(entry):
            ended.pop(entry.id, None)
        elif entry.id in ended and not own:
            continue
        here = [role for role, org in own if orgs is None or not org or org in orgs]
        said = here or [role for role, _org in own] or entry.list("role")
        role, problem = _role(said or [of_before[key] for key in _keys(entry) if key in of_before][:1])
        if problem:
            people.rows.append(_left_out(entry, problem))
        elif role:
            by_role[role].append(entry)
        else:
            people.ignored += 1
    _students(state, bundle, by_role["student"], options, people)
    known = {row["external_id"]: row for row in state.students if row["external_id"]}
    people.rows += [_leaves(role, known[user], ROLES_FILE) for user, role in ended.items() if user in known]
    _teachers(state, by_role["teacher"], options, people)
    _guardians(state, by_role["guardian"], by_role["student"], people)
    return people


def _roles(bundle: Bundle, today: date) -> dict[str, list[tuple[str, str]]]:
    """Roles and their orgs by user, as 1.2 has them: those that have not ended first, and of these the primary ones."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    rows = [entry for entry in bundle.of("roles") if not entry.is_gone]
    for entry in sorted(rows, key=lambda each: (_has_ended(each, today), not _is_primary(each))):
        found[entry.values.get("userSourcedId", "")].append(
            (entry.values.get("role", ""), entry.values.get("orgSourcedId", ""))
        )
    return found


def _student_roles_ended(
    bundle: Bundle, roles: Mapping[str, Sequence[tuple[str, str]]], orgs: frozenset[str] | None
) -> dict[str, Entry]:
    """The deleted roles of those who are no students here any more, by user."""

    def is_here(org: str) -> bool:
        return orgs is None or not org or org in orgs

    gone = [entry for entry in bundle.of("roles") if entry.is_gone and _is_student(entry.values.get("role", ""))]
    found = {
        entry.values.get("userSourcedId", ""): entry for entry in gone if is_here(entry.values.get("orgSourcedId", ""))
    }
    stay = {user for user, own in roles.items() if any(_is_student(role) and is_here(org) for role, org in own)}
    return {user: entry for user, entry in found.items() if user not in stay}


def _is_student(role: str) -> bool:
    return _ROLES.get(header_key(role)) == "student"


def _roles_of_before(state: SchoolState, bundle: Bundle) -> dict[str, str]:
    """Roles by sourcedId, of teachers by e-mail, where a bundle of changes may leave out those that stay the same."""
    if bundle.version == "1.1" or bundle.is_whole("roles"):
        return {}
    found = {row["email"].lower(): "teacher" for row in [*state.invitations, *state.members]}
    found |= {row["external_id"]: "guardian" for row in state.guardians}
    found |= {row["external_id"]: "student" for row in state.students}
    return {key: role for key, role in found.items() if key}


def _keys(entry: Entry) -> list[str]:
    return [entry.id, *(entry.values.get(name, "").lower() for name in ("email", "username"))]


def _is_primary(role: Entry) -> bool:
    return header_key(role.values.get("roleType", "")) == "primary"


def _has_ended(role: Entry, today: date) -> bool:
    try:
        return date_of(role.values.get("endDate", "")[:10], "mdy") < today
    except BadValue:
        return False


def _is_here(entry: Entry, roles: Sequence[tuple[str, str]], orgs: frozenset[str] | None) -> bool:
    named = {*entry.list("orgSourcedIds"), *(org for _role, org in roles if org), *entry.list("primaryOrgSourcedId")}
    return orgs is None or not named or bool(named & orgs)


def _role(words: Sequence[str]) -> tuple[str, Problem | None]:
    """The role that is imported ("": one that is not), or what is wrong with the words."""
    for word in words:
        if role := _ROLES.get(header_key(word)):
            return role, None
    unknown = [word for word in words if header_key(word) not in _IGNORED and not word.lower().startswith("ext")]
    if unknown or not words:
        said = _("The role “%(role)s” is unknown.") % {"role": ", ".join(unknown)}
        return "", Problem(said if words else _("The user has no role."))
    return "", None


def _left_out(entry: Entry, problem: Problem, where: str = FILE) -> RowPlan:
    return RowPlan(entry.number, name_of(entry), Step.LEFT_OUT, problem=problem, where=where)


def name_of(entry: Entry) -> str:
    parts = (entry.values.get("givenName", ""), entry.values.get("familyName", ""))
    return " ".join(part for part in parts if part) or entry.id or _("No name")


def _has_left(entry: Entry) -> bool:
    return entry.is_gone or entry.values.get("enabledUser", "").lower() in _NO


def _students(state: SchoolState, bundle: Bundle, entries: Sequence[Entry], options: Options, people: People) -> None:
    born = {entry.id: entry.values.get("birthDate", "") for entry in bundle.of("demographics") if not entry.is_gone}
    numbers = Counter(entry.values.get("identifier", "") for entry in entries)
    known = {row["external_id"]: row for row in state.students if row["external_id"]}
    records, by_number = [], {}
    for entry in entries:
        row = known.get(entry.id)
        if _has_left(entry):
            people.rows.append(_leaves(entry, row))
            if row:
                people.names[entry.id] = row["name"]
            continue
        records.append(_record(entry, born.get(entry.id, ""), numbers, row))
        by_number[entry.number] = entry
    plan = students_plan(state, records, options)
    for planned in plan.rows:
        people.rows.append(_placed(planned))
        entry = by_number[planned.number]
        added = next((w.row for w in planned.writes if w.model == STUDENT and w.action is Action.ADD), None)
        student = added or known.get(entry.id, {}).get("id") or _changed(planned)
        if student and planned.step is not Step.LEFT_OUT:
            people.students[entry.id] = student
            people.names[entry.id] = planned.name
    if bundle.is_whole("users"):
        gone = {row["id"] for entry in entries if (row := known.get(entry.id))}
        people.absent += [each for each in plan.absent if each.writes[0].row not in gone]
        people.of += plan.of


def _changed(planned: RowPlan) -> str:
    """The id of a student whom the row was found to be about by a number, and who gets the external id now."""
    return next((w.row for w in planned.writes if w.model == STUDENT and w.action is Action.CHANGE), "")


def _placed(row: RowPlan) -> RowPlan:
    return RowPlan(row.number, row.name, row.step, row.writes, row.differences, row.problem, row.notes, where=FILE)


def _record(entry: Entry, born: str, numbers: Mapping[str, int], row: Mapping[str, Any] | None) -> Record:
    problems = []
    values: dict[str, Any] = {"external_id": entry.id, "given_name": entry.values.get("givenName", "")}
    values["family_name"] = entry.values.get("familyName", "")
    number = entry.values.get("identifier", "")
    if number and numbers[number] == 1 and len(number) <= 40:
        values["roll_number"] = number
    if not entry.id or len(entry.id) > 255:
        problems.append(Problem(_("The sourcedId is missing or too long.")))
    if (email := entry.values.get("email", "").lower()) and _is_email(email):
        values["email"] = email
    if born:
        try:
            values["birth_date"] = date_of(born, "mdy")  # or as 2012-12-31, which is certain
        except BadValue as error:
            problems.append(Problem(str(error)))
    long = [name for name in ("given_name", "family_name") if len(values[name]) > 80]
    problems += [
        Problem(_("%(field)s is longer than %(most)d letters.") % {"field": LABELS[n], "most": 80}) for n in long
    ]
    return Record(entry.number, {name: value for name, value in values.items() if value}, tuple(problems), where=FILE)


def _is_email(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


def _leaves(entry: Entry, row: Mapping[str, Any] | None, where: str = FILE) -> RowPlan:
    if row is None or not row["is_active"]:
        return RowPlan(entry.number, name_of(entry), Step.SAME, where=where)
    write = Write(STUDENT, Action.CHANGE, row["id"], {"is_active": True}, {"is_active": False})
    shown = Difference(_("At the school"), _("yes"), _("no"))
    return RowPlan(entry.number, row["name"], Step.CHANGE, (write,), (shown,), where=where)


def _teachers(state: SchoolState, entries: Sequence[Entry], options: Options, people: People) -> None:
    records = []
    for entry in entries:
        email = entry.values.get("email", "") or entry.values.get("username", "")
        if _has_left(entry):
            people.ignored += 1
            people.left[entry.id] = email.lower()
            continue
        values = {"given_name": entry.values.get("givenName", "")[:80]}
        values["family_name"] = entry.values.get("familyName", "")[:80]
        values["email"] = email.lower() if _is_email(email) else ""
        people.emails[entry.id] = values["email"]
        people.names[entry.id] = name_of(entry)
        records.append(Record(entry.number, {name: value for name, value in values.items() if value}, where=FILE))
    people.rows += [_placed(row) for row in teachers_plan(state, records, options).rows]
    for row in people.rows:  # invitations that this bundle adds are there for its courses
        for write in row.writes:
            if write.model == INVITATION and write.action is Action.ADD:
                state.invitations.append({"id": write.row, **write.after})


def _guardians(state: SchoolState, entries: Sequence[Entry], students: Sequence[Entry], people: People) -> None:
    labels = {"name": LABELS["guardian1_name"], "email": LABELS["guardian1_email"], "phone": LABELS["guardian1_phone"]}
    families = Families(state, labels)
    children: dict[str, dict[str, None]] = defaultdict(dict)
    for student in students:
        for guardian in student.list("agentSourcedIds"):
            children[guardian][student.id] = None
    in_file = {student.id for student in students}
    before = {row["external_id"]: row["id"] for row in state.students if row["external_id"] and row["is_active"]}
    students_now = {key: pk for key, pk in before.items() if key not in in_file} | people.students
    for entry in entries:
        for student_id in entry.list("agentSourcedIds"):
            children[entry.id][student_id] = None
        found = [students_now[child] for child in children[entry.id] if child in students_now]
        people.rows.append(_guardian(state, families, entry, found or families.children_of(entry.id)))
    named = {entry.id for entry in entries}
    for student in students:
        links = [each for each in student.list("agentSourcedIds") if each not in named and each in families.by_external]
        if links and student.id in people.students:
            people.rows += _linked(state, families, student, people.students[student.id], links)


def _linked(
    state: SchoolState, families: Families, entry: Entry, student: str, guardians: Sequence[str]
) -> list[RowPlan]:
    """A row for a student's guardians whom the file does not repeat and the school knows; none if nothing is new."""
    draft = Draft(state.namespace)
    for each in guardians:
        before = len(draft.writes)
        families.put(draft, student, {"external_id": each}, set())
        if len(draft.writes) > before:
            draft.says(LABELS["guardian1_name"], "", families.by_external[each]["name"])
    writes, shown = tuple(draft.writes), tuple(draft.differences)
    return [RowPlan(entry.number, name_of(entry), Step.CHANGE, writes, shown, where=FILE)] if writes else []


def _guardian(state: SchoolState, families: Families, entry: Entry, students: Sequence[str]) -> RowPlan:
    if _has_left(entry):
        return RowPlan(entry.number, name_of(entry), Step.SAME, where=FILE)
    if not students:
        return _left_out(entry, Problem(_("No student in this file belongs to this guardian.")))
    email = entry.values.get("email", "").lower()
    given = {
        "external_id": entry.id,
        "name": name_of(entry)[:120],
        "email": email if _is_email(email) else "",
        "phone": (entry.values.get("phone") or entry.values.get("sms", ""))[:40],
    }
    draft = Draft(state.namespace)
    for student in students:
        families.put(draft, student, given, set())
    added = any(write.model == "enrollment.Guardian" and write.action is Action.ADD for write in draft.writes)
    step = Step.NEW if added else Step.CHANGE if draft.writes else Step.SAME
    return RowPlan(
        entry.number, given["name"], step, tuple(draft.writes), () if added else tuple(draft.differences), where=FILE
    )
