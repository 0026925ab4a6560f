"""Registry of the kinds of imports. Rooms of other apps register theirs when their app is ready."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from django.utils.functional import Promise

from accounts.models import Institution
from enrollment.importing.applying import After, Named, Written
from enrollment.importing.fields import Field
from enrollment.importing.plans import Plan
from enrollment.importing.records import Choice, Options, Record
from enrollment.importing.undoing import Kept
from enrollment.models import ImportRun


@dataclass(frozen=True, slots=True)
class Question:
    """Something about a whole file that a person has to answer. option: the name under which the answer is kept."""

    option: str
    sentence: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class ShownColumn:
    """A column of the file: its header, an example, the field that it goes to ("": none), and who decided so.

    was: the label of the field that the portal had taken it for, where a person decided otherwise.
    """

    number: int
    header: str
    example: str
    field: str
    is_mine: bool = False
    was: str = ""
    order: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """A file that was read. plan: None while questions are open or columns are missing.

    facts: what the page says of the file. missing: labels of fields that the file needs to have.
    """

    plan: Plan | None
    facts: Mapping[str, Any] = field(default_factory=dict)
    columns: tuple[ShownColumn, ...] = ()
    questions: tuple[Question, ...] = ()
    missing: tuple[str, ...] = ()


Check = Callable[[Institution, UUID, bytes, Options], Checked]
PlanOfTable = Callable[[Any, Sequence[Record], Options], Plan]


class Writer(Protocol):
    """Writes changes of a plan as `writes_apply` does: repeating it with a new plan goes on where it was stopped."""

    def __call__(self, *, run: ImportRun, writes: Sequence[Named], order: Sequence[str], after: After) -> Written: ...


class Undoer(Protocol):
    """Takes changes back as `changes_undo` does: repeating it changes nothing."""

    def __call__(self, *, run: ImportRun, below: int) -> tuple[int, list[Kept]]: ...


@dataclass(frozen=True, slots=True)
class ImportKind:
    """A kind of import.

    models: those it writes, each after those it refers to. absent_title: of the list of what is not in the file; empty:
    nothing is ever removed. hint: the columns that a file needs, for the upload page. extensions: of its files.
    write, undo: of what is no plain row of the database; None: of rows. promises: what such an import does not do;
    none: the usual.
    """

    name: str
    title: str | Promise
    check: Check
    models: tuple[str, ...]
    hint: str | Promise
    fields: tuple[Field, ...] = ()
    absent_title: str | Promise = ""
    extensions: str = ".csv,.txt,.tsv,.xlsx"
    write: Writer | None = None
    undo: Undoer | None = None
    promises: tuple[str | Promise, ...] = ()

    @property
    def labels(self) -> dict[str, str | Promise]:
        return {each.name: each.label for each in self.fields}


_kinds: dict[str, ImportKind] = {}


def kind_register(kind: ImportKind) -> None:
    """Add a kind. Raises ValueError if there is one of that name."""
    if kind.name in _kinds:
        raise ValueError(f"There is a kind of import called {kind.name} already.")
    _kinds[kind.name] = kind


def kind_of(name: str) -> ImportKind:
    """The kind of that name. Raises KeyError."""
    return _kinds[name]


def all_kinds() -> list[ImportKind]:
    """Every kind, in the order in which they were registered."""
    return list(_kinds.values())
