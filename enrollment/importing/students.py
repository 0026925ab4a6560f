"""Plan of an import of students, with their guardians and form groups."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from enrollment.importing.families import Families
from enrollment.importing.finding import Found, Students
from enrollment.importing.groups import Groups
from enrollment.importing.naming import key_of, name_values
from enrollment.importing.plans import Absent, Action, Draft, Plan, RowPlan, Step, Write
from enrollment.importing.records import Options, Problem, Record
from enrollment.importing.state import Row, SchoolState
from enrollment.importing.students_fields import LABELS

STUDENT = "enrollment.Student"
_PLAIN = ("email", "birth_date", "external_id")  # columns that are taken as they are
_GUARDIAN = {"name": LABELS["guardian1_name"], "email": LABELS["guardian1_email"], "phone": LABELS["guardian1_phone"]}


def students_plan(state: SchoolState, records: Sequence[Record], options: Options) -> Plan:
    """Plan the changes that a file of students makes. Nobody is removed: who is not in the file is `absent`."""
    return _StudentsPlan(state, records, options).plan()


class _StudentsPlan:
    def __init__(self, state: SchoolState, records: Sequence[Record], options: Options) -> None:
        self.state, self.records, self.answers = state, records, options.answers
        self.students = Students(state)
        names = [record.values["group"] for record in records if record.values.get("group")]
        self.groups = Groups(state, options.answers, names)
        self.families = Families(state, _GUARDIAN)
        self.present: set[str] = set()  # ids of students whom the file names, rows with errors included
        self.seen: dict[tuple[str, str], Record] = {}  # by what identifies a person in the file
        self.names: dict[str, Record] = {}
        self.moving = self._moving()

    def plan(self) -> Plan:
        rows = tuple(self._row(record) for record in self.records)
        active = [row for row in self.state.students if row["is_active"]]
        absent = tuple(_leaver(row) for row in active if row["id"] not in self.present)
        return Plan(rows, absent, of=len(active))

    def _moving(self) -> dict[str, str]:
        """The roll numbers that students who are certain by another id get in this file, by their ids."""
        found = {}
        for record in self.records:
            values = {name: value for name, value in record.values.items() if name in ("own_id", "external_id")}
            row = self.students.find(values, {}).row if values else None
            if row and record.values.get("roll_number"):
                found[row["id"]] = record.values["roll_number"]
        return found

    def _row(self, record: Record) -> RowPlan:
        found = self._found(record)
        if found.row:
            self.present.add(found.row["id"])
        name = _name(record, found.row, self.state.name_order)
        problem = self._twice(record, found.row) or next(iter(record.problems), None) or found.problem
        problem = problem or self._incomplete(record, found.row)
        problem = problem or (None if found.gives_up else self._taken(record, found.row))
        group = record.values.get("group")
        if group and problem is None:
            group, problem = self.groups.resolved(group)
        if problem:
            return RowPlan(record.number, name, Step.LEFT_OUT, problem=problem)
        draft = Draft(self.state.namespace)
        if found.gives_up:
            self._give_up(draft, found.gives_up)
        student = self._change(draft, found.row, record) if found.row else self._add(draft, record)
        if group:
            self.groups.join(draft, student, group, record.values.get("grade", ""), LABELS["group"])
        self._guardians(draft, student, record)
        step = Step.NEW if found.row is None else Step.CHANGE if draft.writes else Step.SAME
        differences = () if step is Step.NEW else tuple(draft.differences)
        return RowPlan(record.number, name, step, tuple(draft.writes), differences, notes=tuple(draft.notes))

    def _found(self, record: Record) -> Found:
        """The student whom the record names. A number that its owner gives up by this file names nobody."""
        found = self.students.find(record.values, self.answers)
        values, row = record.values, found.row
        if row is None or "own_id" in values or not values.get("roll_number"):
            return found
        is_certain = bool(row["external_id"]) and row["external_id"] == values.get("external_id")
        is_given_up = key_of(self.moving.get(row["id"], str(row["roll_number"]))) != key_of(row["roll_number"])
        return Found() if is_given_up and not is_certain else found

    # -- Problems --

    def _twice(self, record: Record, row: Row | None) -> Problem | None:
        """The second row about one person, or with one number."""
        values = record.values
        keys = [(field, key_of(str(values[field]))) for field in ("own_id", "roll_number") if values.get(field)]
        keys += [("external_id", values["external_id"])] if values.get("external_id") else []
        keys += [("id", row["id"])] if row else []
        problem = None
        for field, key in keys:
            first = self.seen.setdefault((field, key), record)
            if first is not record and problem is None:
                other = {"row": first.number, "name": _name(first, None, self.state.name_order)}
                if field == "id":
                    said = _("Row %(row)d, %(name)s, is about the same person.") % other
                else:
                    what = {**other, "field": LABELS[field], "value": values[field]}
                    said = _("%(field)s %(value)s is also in row %(row)d, %(name)s.") % what
                problem = Problem(said, field if field in values else "", str(values.get(field, "")))
        return problem

    def _incomplete(self, record: Record, row: Row | None) -> Problem | None:
        values = record.values
        if row:
            return None
        if not any(values.get(field) for field in ("given_name", "family_name", "name")):
            return Problem(_("First name and last name are both empty."), "family_name")
        roll = values.get("roll_number") or values.get("external_id", "")
        if not roll:
            return Problem(_("The roll number is missing."), "roll_number")
        if len(roll) > 40:
            return Problem(_("The roll number is longer than 40 letters."), "roll_number", roll)
        return None

    def _taken(self, record: Record, row: Row | None) -> Problem | None:
        """A roll number that another student has, who does not get another one by this file."""
        roll = str(record.values.get("roll_number", ""))
        holder = self.students.roll(roll) if roll else None
        if holder is None or (row and holder["id"] == row["id"]):
            return None
        if key_of(self.moving.get(holder["id"], roll)) != key_of(roll):
            return None
        said = _("Roll number %(roll)s belongs to %(name)s.") % {"roll": roll, "name": holder["name"]}
        return Problem(said, "roll_number", str(roll))

    # -- Changes --

    def _give_up(self, draft: Draft, holder: Row) -> None:
        """Take a student's number away, because it is another person's now; the rest of the record stays."""
        number = self.students.freed(str(holder["roll_number"]))
        draft.change(STUDENT, holder, {"roll_number": number}, {})
        said = _("%(name)s, who had this number, keeps the record with the number “%(number)s”.")
        draft.notes.append(said % {"name": holder["name"], "number": number})

    def _add(self, draft: Draft, record: Record) -> str:
        values = record.values
        roll = values.get("roll_number") or values["external_id"]
        columns = {"roll_number": roll, "email": "", "birth_date": None, "external_id": "", "is_active": True}
        columns |= {field: values[field] for field in _PLAIN if values.get(field)}
        columns |= name_values(values, None, self.state.name_order)
        self._note_namesakes(draft, record, str(columns["name"]), roll)
        return draft.add(STUDENT, key_of(roll), columns)

    def _change(self, draft: Draft, row: Row, record: Record) -> str:
        values = record.values
        columns: dict[str, Any] = {field: values[field] for field in _PLAIN if values.get(field)}
        if values.get("roll_number") and key_of(values["roll_number"]) != key_of(row["roll_number"]):
            columns["roll_number"] = values["roll_number"]
        columns |= name_values(values, row, self.state.name_order)
        columns["is_active"] = True
        labels: dict[str, Any] = {**LABELS, "is_active": _("At the school")}
        if columns.get("given_name") or columns.get("family_name"):
            del labels["name"]  # its parts are shown
        draft.change(STUDENT, row, columns, labels)
        return str(row["id"])

    def _guardians(self, draft: Draft, student: str, record: Record) -> None:
        taken: set[str] = set()
        for number in (1, 2):
            prefix = f"guardian{number}_"
            given = {f.removeprefix(prefix): v for f, v in record.values.items() if f.startswith(prefix) and v}
            if given.get("name") or given.get("email"):
                self.families.put(draft, student, given, taken)

    def _note_namesakes(self, draft: Draft, record: Record, name: str, roll: str) -> None:
        """Say that somebody else has the same name: it may be one person under two numbers."""
        born = record.values.get("birth_date")
        for other in self.students.by_name.get(key_of(name), []):
            if not (born and other["birth_date"] and born != other["birth_date"]):
                said = _("There is a student of this name already, with roll number %(roll)s.")
                draft.notes.append(said % {"roll": other["roll_number"]})
        first = self.names.setdefault(key_of(name), record)
        if first is not record:
            draft.notes.append(_("Row %(row)d has the same name.") % {"row": first.number})


def _leaver(row: Row) -> Absent:
    write = Write(STUDENT, Action.REMOVE, row["id"], {"is_active": True}, {"is_active": False})
    return Absent(f"{row['name']} ({row['roll_number']})", (write,))


def _name(record: Record, row: Row | None, order: str) -> str:
    """The name of a record for people, as far as it is known."""
    values: Mapping[str, Any] = record.values
    if not any(values.get(field) for field in ("given_name", "family_name", "name")) and row:
        return str(row["name"])
    return name_values(values, None, order).get("name", "") or _("No name")
