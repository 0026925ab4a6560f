"""Comparison of names: whether two records may be one person."""

from collections.abc import Mapping
from typing import Any

from accounts.names import displayed, folded


def key_of(text: str) -> str:
    """A key such as a roll number or the name of a group, as it is compared: without case, accents and blanks."""
    return "".join(folded(text).split())


def tokens(name: str) -> frozenset[str]:
    """The words of a name, folded."""
    return frozenset("".join(char if char.isalnum() else " " for char in folded(name)).split())


def name_values(given: Mapping[str, Any], now: Mapping[str, Any] | None, order: str) -> dict[str, str]:
    """Columns of a student's name as a record states them; {} if it states none.

    given: the record's values, with given_name, family_name, or name (“Diallo, Amina” tells its parts). now: the
    student's row; a name that has the same words is left as it is.
    """
    first, last = str(given.get("given_name", "")), str(given.get("family_name", ""))
    whole = str(given.get("name", ""))
    if not (first or last) and "," in whole:
        last, _comma, first = (part.strip() for part in whole.partition(","))
    if not (first or last):
        if not whole or (now and tokens(str(now["name"])) == tokens(whole)):
            return {}
        return {"given_name": "", "family_name": "", "name": whole}
    if now:  # an empty cell changes nothing
        first, last = first or str(now["given_name"]), last or str(now["family_name"])
    return {"given_name": first, "family_name": last, "name": displayed(first, last, order)}


def may_be_same(now: Mapping[str, Any], given: Mapping[str, Any], order: str) -> bool:
    """True if a record that names a student by a number that may have moved is certainly about them.

    The given names share a word (siblings share the family name alone), and dates of birth do not differ. Without
    parts one name's words are all in the other.
    """
    new = name_values(given, None, order)
    if not new:
        return True
    born, written = now["birth_date"], given.get("birth_date")
    if born and written and born != written:
        return False
    if now["given_name"] and new["given_name"]:
        return bool(tokens(now["given_name"]) & tokens(new["given_name"]))
    one, other = tokens(str(now["name"])), tokens(new["name"])
    return one <= other or other <= one
