"""Finding the student whom a record is about: own id, then external id, roll number, e-mail. Never by name alone."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from enrollment.importing.naming import key_of, may_be_same
from enrollment.importing.records import Choice, Problem
from enrollment.importing.state import Row, SchoolState

SAME, OTHER = "same", "other"


@dataclass(frozen=True, slots=True)
class Found:
    """The student's row (None: nobody is known so), and what speaks against it.

    gives_up: the student who had the number so far, where it was said to be another person's now.
    """

    row: Row | None = None
    problem: Problem | None = None
    gives_up: Row | None = None


class Students:
    """The school's students by what identifies them."""

    def __init__(self, state: SchoolState) -> None:
        self.order = state.name_order
        self.by_id = {row["id"]: row for row in state.students}
        self.by_external = {row["external_id"]: row for row in state.students if row["external_id"]}
        self.by_roll: dict[str, Row] = {}
        self._exact = {row["roll_number"]: row for row in state.students}
        self._by_email: dict[str, list[Row]] = defaultdict(list)
        self.by_name: dict[str, list[Row]] = defaultdict(list)
        for row in sorted(state.students, key=lambda each: each["is_active"]):  # of two the active one counts
            self.by_roll[key_of(row["roll_number"])] = row
            self.by_name[key_of(row["name"])].append(row)
            if row["email"]:
                self._by_email[row["email"]].append(row)

    def roll(self, number: str) -> Row | None:
        return self._exact.get(number) or self.by_roll.get(key_of(number))

    def email(self, address: str) -> Row | None:
        """The student with this e-mail, if exactly one has it."""
        rows = self._by_email.get(address, [])
        return rows[0] if len(rows) == 1 else None

    def find(self, values: Mapping[str, Any], answers: Mapping[str, str]) -> Found:
        """The student whom a record names, and the question to ask where the number may have moved to somebody else."""
        if own := values.get("own_id"):
            row = self.by_id.get(str(own).lower())
            said = _("Nobody at this school has the id %(id)s.") % {"id": own}
            return Found(row, None if row else Problem(said, "own_id", str(own)))
        external = values.get("external_id", "")
        if external and external in self.by_external:
            return Found(self.by_external[external])
        roll, email = values.get("roll_number", ""), values.get("email", "")
        row, key = self.roll(roll) if roll else None, f"roll:{key_of(roll)}"
        if row is None and email and not roll:
            row, key = self.email(email), f"email:{email}"
        if row is None:
            return Found()
        if external and row["external_id"]:
            said = _("%(number)s belongs to %(name)s, who has another external id (%(id)s).")
            said %= {"number": roll or email, "name": row["name"], "id": row["external_id"]}
            return Found(row, Problem(said, "roll_number" if roll else "email", roll or email))
        if may_be_same(row, values, self.order) or answers.get(key) == SAME:
            return Found(row)
        if roll and answers.get(key) == OTHER:
            return Found(gives_up=row)
        said = _("%(number)s belongs to %(name)s. Is it the same person under another name?")
        said %= {"number": roll or email, "name": row["name"]}
        choices = [Choice(SAME, _("Same person"))]
        if roll:
            choices.append(Choice(OTHER, _("Another person, who gets this number")))
        return Found(row, Problem(said, "roll_number" if roll else "email", roll or email, key, tuple(choices)))

    def freed(self, number: str) -> str:
        """A number for a student who gives up theirs: the old one, said to be old, which nobody has."""
        names = (f"old {number}"[:40], *(f"old {number}"[:36] + f" {n}" for n in range(2, 1000)))
        return next(name for name in names if self.roll(name) is None)
