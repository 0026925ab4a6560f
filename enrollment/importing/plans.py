"""Plan of an import: for each row what would be written, and what differs from now."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid5

from django.core.serializers.json import DjangoJSONEncoder
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from enrollment.importing.records import Choice, Problem


class Step(StrEnum):
    """Effect of a row."""

    NEW = "new"
    CHANGE = "change"
    SAME = "same"
    LEFT_OUT = "left_out"


class Action(StrEnum):
    """Effect of one write on one row of the database."""

    ADD = "add"
    CHANGE = "change"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class Write:
    """One row of the database that is added, changed or removed.

    model: such as enrollment.Student. row: its key as text; empty: the database gives one. before, after: values by
    column; a removal without `after` deletes the row.
    """

    model: str
    action: Action
    row: str
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that changes, in words."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class RowPlan:
    """A row of the file: what becomes of it. where: the file of a bundle; notes: sentences to read before importing."""

    number: int
    name: str
    step: Step
    writes: tuple[Write, ...] = ()
    differences: tuple[Difference, ...] = ()
    problem: Problem | None = None
    notes: tuple[str, ...] = ()
    where: str = ""


@dataclass(frozen=True, slots=True)
class Absent:
    """Something that is in the records and not in the file, and the writes that would remove it."""

    name: str
    writes: tuple[Write, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """A choice about a whole file that has an answer already, which a person may change. key: of the answer."""

    key: str
    sentence: str
    choices: tuple[Choice, ...]
    answer: str


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a file that stands for one of a few meanings. key: of a person's answer; answer: the meaning, or none.

    count: of the rows that have it. is_mine: a person decided so.
    """

    text: str
    key: str
    answer: str
    count: int
    is_mine: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a file's column and what each is taken for. meanings: the choices; title: of their list."""

    title: str = ""
    words: tuple[Word, ...] = ()
    meanings: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """Effects of a file. of: number of those that `absent` are a part of."""

    rows: tuple[RowPlan, ...]
    absent: tuple[Absent, ...] = ()
    of: int = 0
    notes: tuple[str, ...] = ()
    decisions: tuple[Decision, ...] = ()
    words: Words = Words()

    @property
    def counts(self) -> dict[str, int]:
        """Numbers of rows by step."""
        found = Counter(row.step.value for row in self.rows)
        return {step.value: found[step.value] for step in Step}

    @property
    def changes(self) -> int:
        """Number of rows that something would be written for."""
        return sum(bool(row.writes) for row in self.rows)

    @property
    def fingerprint(self) -> str:
        """Digest of everything that would be written: another one means that it is not the same any more."""
        return _digest(write for row in self.rows for write in row.writes)

    @property
    def absent_fingerprint(self) -> str:
        """Digest of all that would be removed."""
        return _digest(write for each in self.absent for write in each.writes)


def _digest(writes: Iterable[Write]) -> str:
    rows = [[w.model, w.action, w.row, w.before, w.after] for w in writes]
    text = json.dumps(rows, cls=DjangoJSONEncoder, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


class Draft:
    """The writes and differences of one row, while they are found."""

    def __init__(self, namespace: UUID) -> None:
        self.namespace = namespace
        self.writes: list[Write] = []
        self.differences: list[Difference] = []
        self.notes: list[str] = []

    def add(self, model: str, key: str, values: Mapping[str, Any]) -> str:
        """Add a row of a model with random ids; returns its id, which follows from `key` and the import alone."""
        row = str(uuid5(self.namespace, f"{model}:{key}"))
        self.writes.append(Write(model, Action.ADD, row, after=values))
        return row

    def link(self, model: str, values: Mapping[str, Any]) -> None:
        """Add a row whose id the database gives."""
        self.writes.append(Write(model, Action.ADD, "", after=values))

    def change(self, model: str, row: Mapping[str, Any], after: Mapping[str, Any], labels: Mapping[str, Any]) -> None:
        """Change the columns of a row (with its id) that differ; those with a label are shown."""
        new = {name: value for name, value in after.items() if row[name] != value}
        if not new:
            return
        self.writes.append(
            Write(model, Action.CHANGE, str(row["id"]), {name: row[name] for name in new}, new),
        )
        for name, value in new.items():
            if name in labels:
                self.differences.append(Difference(str(labels[name]), shown(row[name]), shown(value)))

    def remove(self, model: str, row: Mapping[str, Any]) -> None:
        """Delete a row. It can be made again from its columns."""
        values = {name: value for name, value in row.items() if name != "id"}
        self.writes.append(Write(model, Action.REMOVE, str(row["id"]), before=values))

    def says(self, label: object, before: str, after: str) -> None:
        self.differences.append(Difference(str(label), before, after))


def shown(value: Any) -> str:
    """A value as a preview shows it."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if hasattr(value, "hour"):
        return f"{value:%H:%M}"
    return date_format(value, "j M Y") if hasattr(value, "year") else str(value)
