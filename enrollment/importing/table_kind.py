"""Check of a table: read, matched to fields, its dates settled, and planned."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Institution
from enrollment.importing.errors import EncodingUnknown
from enrollment.importing.fields import Field, columns_match, scorer
from enrollment.importing.kinds import Check, Checked, PlanOfTable, Question, ShownColumn
from enrollment.importing.reading import table_read
from enrollment.importing.records import Choice, Options, columns_of, orders_of, records_of
from enrollment.importing.state import state_read
from enrollment.importing.tables import Score, Table
from enrollment.importing.values import date_of

Needs = Sequence[Sequence[str]]  # of each group at least one field has to be among the columns
StateOf = Callable[[Institution, UUID], Any]
Ask = Callable[[Institution, Table, Mapping[int, str], Options], tuple[Question, ...]]


def _as_read(table: Table) -> Table:
    return table


def _nothing_to_ask(
    institution: Institution, table: Table, columns: Mapping[int, str], options: Options
) -> tuple[Question, ...]:
    return ()


@dataclass(frozen=True, slots=True)
class TableCheck:
    """The check of a kind of table.

    state: reads what its plan compares the records with. score: number of a row's cells that are headers; None: those
    that are known. shape: makes the table of records of the table as it was read. ask: questions about the whole file
    beside those about dates; columns: fields by column.
    """

    fields: tuple[Field, ...]
    plan: PlanOfTable
    needs: Needs
    state: StateOf = state_read
    score: Score | None = None
    shape: Callable[[Table], Table] = _as_read
    ask: Ask = _nothing_to_ask

    def __call__(self, institution: Institution, namespace: UUID, data: bytes, options: Options) -> Checked:
        """Read a file and plan it, unless a question is open. Raises ImportFileError."""
        try:
            read = table_read(
                data, score=self.score or scorer(self.fields), encoding=options.encoding, sheet=options.sheet
            )
        except EncodingUnknown as error:
            return Checked(None, questions=(encoding_question(error),))
        table = self.shape(read)
        columns = columns_of(table.headers, self.fields, options.columns)
        orders, questions = _settled(table, columns, orders_of(table, self.fields, columns), options)
        shown = _shown(table, self.fields, columns, options, orders)
        facts = {"sheet": table.sheet, "sheets": table.sheets, "rows": len(table.lines)}
        missing = self._missing(columns)
        if not missing:
            questions = (*questions, *self.ask(institution, table, columns, options))
        if questions or missing:
            return Checked(None, facts, shown, questions, missing)
        records = records_of(table, self.fields, columns, orders, options)
        return Checked(self.plan(self.state(institution, namespace), records, options), facts, shown)

    def _missing(self, columns: Mapping[int, str]) -> tuple[str, ...]:
        """Labels of the fields of which none is among the columns."""
        labels = {each.name: str(each.label) for each in self.fields}
        given = set(columns.values())
        return tuple(" / ".join(labels[name] for name in group) for group in self.needs if not set(group) & given)


def table_check(fields: tuple[Field, ...], plan: PlanOfTable, *, needs: Needs, state: StateOf = state_read) -> Check:
    """The check of a kind of table whose rows are its records. state: see `TableCheck`."""
    return TableCheck(fields, plan, needs, state)


def encoding_question(error: EncodingUnknown) -> Question:
    """Question which of several encodings shows the names as they are."""
    choices = tuple(
        Choice(each.encoding, f"{', '.join(each.words)} · {each.label}" if each.words else str(each.label))
        for each in error.candidates
    )
    return Question("encoding", str(error), choices)


def _settled(
    table: Table, columns: dict[int, str], possible: dict[str, list[str]], options: Options
) -> tuple[dict[str, str], tuple[Question, ...]]:
    """The order of each column of dates, and the questions about those that are ambiguous."""
    orders: dict[str, str] = {}
    questions = []
    for name, found in possible.items():
        chosen = options.orders.get(name)
        if chosen or len(found) == 1:
            orders[name] = chosen or found[0]
            continue
        column = next(column for column, field in columns.items() if field == name)
        questions.append(_order(table, column, name, found))
    return orders, tuple(questions)


def _order(table: Table, column: int, name: str, found: Sequence[str]) -> Question:
    texts = [line.cells[column] for line in table.lines if line.cells[column]]
    example = next((text for text in texts if _differs(text, found)), texts[0])
    choices = tuple(Choice(order, date_format(date_of(example, order), "j F Y")) for order in found)
    said = _("“%(header)s” has dates that can be read in two ways. Which day is %(date)s?")
    return Question(f"order:{name}", said % {"header": table.headers[column], "date": example}, choices)


def _differs(text: str, orders: Sequence[str]) -> bool:
    try:
        return len({date_of(text, order) for order in orders}) > 1
    except ValueError:
        return False


def _shown(
    table: Table, fields: tuple[Field, ...], columns: dict[int, str], options: Options, orders: dict[str, str]
) -> tuple[ShownColumn, ...]:
    labels = {each.name: str(each.label) for each in fields}
    automatic = columns_match(table.headers, fields)
    examples = {
        column: next((line.cells[column] for line in table.lines if line.cells[column]), "")
        for column in range(len(table.headers))
    }
    return tuple(
        ShownColumn(
            number=column,
            header=header or _("Column %(number)d") % {"number": column + 1},
            example=examples[column],
            field=columns.get(column, ""),
            is_mine=options.columns.get(column, automatic.get(column, "")) != automatic.get(column, ""),
            was=labels.get(automatic.get(column, ""), ""),
            order=orders.get(columns.get(column, ""), ""),
        )
        for column, header in enumerate(table.headers)
        if header or examples[column]
    )
