"""Fields of what is imported: their names for people, their names in files, and how their cells are read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import MappingProxyType

from django.utils.functional import Promise

from accounts.names import folded


class Reads(StrEnum):
    """Ways in which a cell is read: see `values`."""

    TEXT = "text"
    NAME = "name"
    KEY = "key"  # compared with what is known, so it is never cut or changed
    EMAIL = "email"
    DATE = "date"
    TIME = "time"
    WEEKDAY = "weekday"
    LIST = "list"  # several, separated by commas, semicolons or bars
    FLAG = "flag"  # yes or no
    LANGUAGE = "language"


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """A field. synonyms: its headers in files, folded when they are compared; most: letters that it may have."""

    name: str
    label: str | Promise
    reads: Reads = Reads.TEXT
    synonyms: tuple[str, ...] = ()
    most: int = 120


def header_key(text: str) -> str:
    """A header as it is compared: without accents, case, blanks and signs."""
    return "".join(char for char in folded(text) if char.isalnum())


@cache
def known_headers(fields: tuple[Field, ...]) -> Mapping[str, str]:
    """Names of fields by the keys of the headers that stand for them; thousands, so they are found once."""
    known: dict[str, str] = {}
    for field in fields:
        for name in (field.name, *field.synonyms):
            known.setdefault(header_key(name), field.name)
    return MappingProxyType(known)


def scorer(fields: tuple[Field, ...]) -> Callable[[Sequence[str]], int]:
    """A function that counts the known headers among some cells."""
    known = known_headers(fields)
    return lambda cells: len({known[key] for cell in cells if (key := header_key(cell)) in known})


def columns_match(headers: Sequence[str], fields: tuple[Field, ...]) -> dict[int, str]:
    """Names of fields by column, as the headers tell; each field once, the first column that names it."""
    known = {**known_headers(fields), **{header_key(str(field.label)): field.name for field in fields}}
    found: dict[int, str] = {}
    for column, header in enumerate(headers):
        name = known.get(header_key(header))
        if name and name not in found.values():
            found[column] = name
    return found
