"""Records: the rows of a table as values by field, and what is wrong with them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from enrollment.importing.fields import Field, Reads, columns_match
from enrollment.importing.tables import Table
from enrollment.importing.values import BadValue, date_orders, value_of


@dataclass(frozen=True, slots=True)
class Choice:
    """An answer to a question about a row, as its button says it."""

    answer: str
    label: str


@dataclass(frozen=True, slots=True)
class Problem:
    """A reason to leave a row out. With field and text it can be corrected; with a key and choices, answered."""

    sentence: str
    field: str = ""
    text: str = ""
    key: str = ""
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class Record:
    """A row of a file. values: of its cells that are not empty; where: the file of a bundle that it is in."""

    number: int
    values: Mapping[str, Any]
    problems: tuple[Problem, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)
    where: str = ""


@dataclass(frozen=True, slots=True)
class Options:
    """Answers of a person about a file; all of them may be empty.

    columns: fields by column, "" for one that is not imported. orders: of dates, by field. org: the school among
    those of a bundle. corrections: texts by row
    number and field. answers: by the key of a question.
    """

    encoding: str = ""
    sheet: str = ""
    columns: Mapping[int, str] = field(default_factory=dict)
    orders: Mapping[str, str] = field(default_factory=dict)
    org: str = ""
    corrections: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)


def columns_of(headers: Sequence[str], fields: tuple[Field, ...], chosen: Mapping[int, str]) -> dict[int, str]:
    """Fields by column: as chosen by hand, and as the headers tell for the other columns. Each field once."""
    names = {each.name for each in fields}
    mine = {column: name for column, name in chosen.items() if column < len(headers)}
    found = {column: name for column, name in mine.items() if name in names}
    for column, name in columns_match(headers, fields).items():
        if column not in mine and name not in found.values():
            found[column] = name
    return dict(sorted(found.items()))


def orders_of(table: Table, fields: tuple[Field, ...], columns: Mapping[int, str]) -> dict[str, list[str]]:
    """The orders of day, month and year that each column of dates may have, by field; several: they are asked for."""
    dates = {each.name for each in fields if each.reads is Reads.DATE}
    return {
        name: date_orders(line.cells[column] for line in table.lines)
        for column, name in columns.items()
        if name in dates
    }


def records_of(
    table: Table, fields: tuple[Field, ...], columns: Mapping[int, str], orders: Mapping[str, str], options: Options
) -> list[Record]:
    """The records of a table. orders: of the columns of dates, by field."""
    by_name = {each.name: each for each in fields}
    return [_record(table, line.number, line.cells, by_name, columns, orders, options) for line in table.lines]


def _record(
    table: Table,
    number: int,
    cells: Sequence[str],
    fields: Mapping[str, Field],
    columns: Mapping[int, str],
    orders: Mapping[str, str],
    options: Options,
) -> Record:
    corrected = options.corrections.get(str(number), {})
    values: dict[str, Any] = {}
    texts: dict[str, str] = {}
    problems: list[Problem] = []
    for column, name in columns.items():
        text = corrected.get(name, cells[column])
        said = "" if name in corrected else table.bad.get((number, column), "")
        if said:
            problems.append(Problem(said, name, text))
        elif text:
            texts[name] = text
            try:
                values[name] = value_of(fields[name], text, orders.get(name, "ymd"))
            except BadValue as error:
                problems.append(Problem(str(error), name, text))
    return Record(number, values, tuple(problems), texts)
