"""Guardians in a plan: found by e-mail and name, changed or added, and bound to students."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from enrollment.importing.naming import tokens
from enrollment.importing.plans import Draft
from enrollment.importing.state import Row, SchoolState

GUARDIAN, GUARDIANSHIP = "enrollment.Guardian", "enrollment.Guardianship"
Values = Mapping[str, Any]


class Families:
    """The school's guardians, by what identifies them, and whose they are."""

    def __init__(self, state: SchoolState, labels: Mapping[str, Any]) -> None:
        """labels: of the fields name, email, phone, relation and so on, for the preview."""
        self.labels = labels
        self.by_id: dict[str, Row] = {}
        self.by_external: dict[str, Row] = {}
        self._by_email: dict[str, list[Row]] = defaultdict(list)
        self._of: dict[str, list[Row]] = defaultdict(list)  # guardianships by student
        self._children: dict[str, list[str]] = defaultdict(list)  # students by guardian, before the file
        for row in state.guardians:
            self._learn(row)
        for link in state.guardianships:
            self._of[link["student_id"]].append(link)
            self._children[link["guardian_id"]].append(link["student_id"])

    def put(self, draft: Draft, student: str, given: Values, taken: set[str]) -> str:
        """Add or change a guardian of a student; returns their id.

        given: name, email, phone, language, external_id, and of the relation: relation, may_consent, may_contact.
        taken: ids of guardians that the same row has named already; theirs is added.
        """
        row = self._found(student, given, taken)
        person = {name: given[name] for name in ("email", "phone", "language", "external_id") if given.get(name)}
        email = given.get("email", "")
        is_nameless = row is not None and row["name"] == row["email"] != ""
        name = given.get("name") or (email if row is None or (is_nameless and email) else row["name"])
        if row is None:
            values = {"email": "", "phone": "", "language": "", "external_id": "", **person, "name": name}
            key = given.get("external_id") or f"{name}|{values['email'] or values['phone'] or student}"
            row = {"id": draft.add(GUARDIAN, key, values), **values}
            self._learn(row)
            draft.says(self.labels["name"], "", name)
        else:
            draft.change(GUARDIAN, row, {**person, "name": name}, self.labels)
            row.update(person, name=name)
        taken.add(row["id"])
        self._bind(draft, student, row["id"], given)
        return str(row["id"])

    def children_of(self, external: str) -> list[str]:
        """The ids of the students whose guardian has this external id."""
        return self._children[self.by_external[external]["id"]] if external in self.by_external else []

    def _found(self, student: str, given: Values, taken: set[str]) -> Row | None:
        if external := given.get("external_id"):
            return self.by_external.get(external) or self._unkeyed(student, given, taken)
        return self._unkeyed(student, given, taken)

    def _unkeyed(self, student: str, given: Values, taken: set[str]) -> Row | None:
        """A guardian of that student by name or e-mail, or anybody's with both, or with the e-mail if it stands alone.

        Two parents may share an e-mail: a name that differs is another person, unless it is this student's guardian.
        """
        email, words = given.get("email", ""), tokens(given.get("name", ""))
        external = given.get("external_id", "")

        def free(row: Row) -> bool:
            return row["id"] not in taken and row["external_id"] in ("", external)

        own = [row for link in self._of[student] if free(row := self.by_id[link["guardian_id"]])]
        anyone = [row for row in self._by_email.get(email, []) if free(row)] if email else []
        tries = (
            (row for row in own if words and tokens(row["name"]) == words),
            (row for row in own if email and row["email"] == email),
            (row for row in anyone if not words or tokens(row["name"]) == words),
            own[:1] if email and not words and len(self._of[student]) == 1 else [],  # the only one has another e-mail
        )
        return next((row for several in tries for row in several), None)

    def _bind(self, draft: Draft, student: str, guardian: str, given: Values) -> None:
        relation = {name: given[name] for name in ("relation", "may_consent", "may_contact") if name in given}
        for link in self._of[student]:
            if link["guardian_id"] == guardian:
                if link["id"] != "":
                    draft.change(GUARDIANSHIP, link, relation, self.labels)
                    link.update(relation)
                return
        values = {"relation": "", "may_consent": True, "may_contact": True, **relation}
        values |= {"guardian_id": guardian, "student_id": student}
        draft.link(GUARDIANSHIP, values)
        self._of[student].append({"id": "", **values})

    def _learn(self, row: Row) -> None:
        self.by_id[row["id"]] = row
        if row["email"]:
            self._by_email[row["email"]].append(row)
        if row["external_id"]:
            self.by_external[row["external_id"]] = row
