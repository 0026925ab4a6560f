"""Matching of file names with students: by roll number, by name in any order, or by a list of files."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TypeVar
from uuid import UUID

from accounts.names import folded

MOST_CANDIDATES = 6  # beyond that the names say nothing
Key = TypeVar("Key")
_APART = re.compile(r"[\s\-_.,;:+()\[\]&/\\]+")
_APOSTROPHES = str.maketrans("", "", "'’‘ʼ`´")
_LONGEST_RUN = 6  # parts of a file name that may be one roll number, such as R-2026-10-A
# Words that cameras, phones and people add, and that are nobody's name.
_CAMERAS = frozenset({"img", "dsc", "dscn", "dscf", "pxl", "p", "image", "photo", "pic", "picture", "foto", "bild"})
_ADDED = frozenset(
    {"copy", "kopie", "final", "retake", "new", "neu", "left", "right", "front", "links", "rechts", "vorn", "vorne"}
)


@dataclass(frozen=True, slots=True)
class Person:
    """A student as matching sees them. names: the writings by which a file may call them; groups: their groups'."""

    pk: UUID
    roll_number: str
    names: tuple[str, ...]
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """Result of matching a file. student: None if nobody or no single one is meant.

    by: `manifest`, `roll_number` or `name`. reason: why there is no student: `unknown_roll_number`, `several`,
    `nearly`, `no_name`. candidates: whom it may be.
    """

    student: UUID | None = None
    by: str = ""
    reason: str = ""
    candidates: tuple[UUID, ...] = ()


@dataclass(frozen=True)
class Directory:
    """A school's students by roll number and by name."""

    by_number: Mapping[str, frozenset[UUID]]
    by_name: Mapping[tuple[str, ...], frozenset[UUID]]
    by_word: Mapping[str, frozenset[UUID]]
    words_of: Mapping[UUID, frozenset[str]]
    groups: frozenset[str] = field(default=frozenset())

    @classmethod
    def of(cls, people: Iterable[Person]) -> "Directory":
        numbers: dict[str, set[UUID]] = defaultdict(set)
        names: dict[tuple[str, ...], set[UUID]] = defaultdict(set)
        words: dict[str, set[UUID]] = defaultdict(set)
        words_of: dict[UUID, frozenset[str]] = {}
        groups: set[str] = set()
        for person in people:
            numbers[number_key(person.roll_number)].add(person.pk)
            own: set[str] = set()
            for writing in {variant for name in person.names for variant in _variants(name)}:
                parts = words_in(writing)
                names[tuple(sorted(parts))].add(person.pk)
                own.update(parts)
            for word in own:
                words[word].add(person.pk)
            words_of[person.pk] = frozenset(own)
            groups.update(number_key(group) for group in person.groups)
        return cls(_frozen(numbers), _frozen(names), _frozen(words), words_of, frozenset(groups))

    def match(self, file_name: str, manifest: Mapping[str, str] | None = None) -> Match:
        """The student whom a file is of, by its name alone. manifest: see `manifest.read_manifest`."""
        if manifest and (number := listed_number(file_name, manifest)) is not None:
            return self._by_list(number)
        parts = words_in(PurePosixPath(file_name.replace("\\", "/")).stem)
        found = self._by_number(parts) or self._by_name(parts)
        return found or self._nearly(parts)

    def find(self, text: str) -> Match:
        """The student whom a person means who typed a roll number, a name, or both."""
        if exact := self.by_number.get(number_key(text)):
            return _one(exact, "person")
        parts = words_in(text)
        return self._by_number(parts) or self._by_name(parts) or self._nearly(parts)

    def _by_list(self, number: str) -> Match:
        found = self.by_number.get(number_key(number)) or self._without_zeros(number)
        return _one(found, "manifest") if found else Match(reason="unknown_roll_number")

    def _without_zeros(self, number: str) -> frozenset[UUID]:
        """Students with this number with zeros before it: spreadsheets drop them."""
        bare = number_key(number).lstrip("0")
        if not bare.isdigit():
            return frozenset()
        longer = {bare.zfill(width) for width in range(len(bare) + 1, 13)}
        return frozenset().union(*(self.by_number.get(key, frozenset()) for key in longer))

    def _by_number(self, parts: list[str]) -> Match | None:
        """A whole file name that is a roll number, or one at its beginning or end that nothing speaks against."""
        if whole := self.by_number.get("".join(parts)):
            return _one(whole, "roll_number")
        if parts and parts[0] in _CAMERAS:
            return None  # the camera counted these
        found: set[UUID] = set()
        for run, others in _runs(parts):
            for pk in self.by_number.get(run, frozenset()):
                if self._may_stand_beside(pk, run, others):
                    found.add(pk)
        return _one(found, "roll_number") if found else None

    def _may_stand_beside(self, pk: UUID, number: str, others: list[str]) -> bool:
        """True if the rest of a file's name goes with this student's roll number."""
        rest = self._telling(others)
        if rest:
            return bool(set(rest) & self.words_of[pk])
        # A mere number may be a part of a date, or count copies.
        return not number.isdigit() or (len(number) > 1 and all(len(part) == 1 for part in others if part.isdigit()))

    def _by_name(self, parts: list[str]) -> Match | None:
        found = self.by_name.get(tuple(sorted(self._telling(parts))))
        return _one(found, "name") if found else None

    def _nearly(self, parts: list[str]) -> Match:
        telling = self._telling(parts)
        if not telling:
            return Match(reason=_why_nobody(parts))
        close = [pk for pk in self._with_any(telling) if self._is_close(pk, set(telling))]
        if len(close) == 1:
            return Match(reason="nearly", candidates=tuple(close))
        called = close or sorted(frozenset().union(*(self.by_word.get(word, frozenset()) for word in telling)), key=str)
        if 0 < len(called) <= MOST_CANDIDATES:
            reason = "several" if len(called) > 1 else "nearly"
            return Match(reason=reason, candidates=tuple(sorted(called, key=str)))
        return Match(reason="several" if called else _why_nobody(parts))

    def _with_any(self, words: Iterable[str]) -> list[UUID]:
        return sorted({pk for word in words for pk in self.by_word.get(word, ())}, key=str)

    def _is_close(self, pk: UUID, words: set[str]) -> bool:
        """Two words of the student's name at least are there: others may be a second name, or not belong to it."""
        return len(self.words_of[pk] & words) >= min(2, len(self.words_of[pk]))

    def _telling(self, parts: Iterable[str]) -> list[str]:
        """The parts that may be of a name: no numbers, no group, nothing that cameras and people add."""
        return [
            part
            for part in parts
            if not part.isdigit() and part not in _CAMERAS and part not in _ADDED and part not in self.groups
        ]


def _frozen(table: Mapping[Key, set[UUID]]) -> dict[Key, frozenset[UUID]]:
    return {key: frozenset(pks) for key, pks in table.items()}


def words_in(text: str) -> list[str]:
    """The words of a name or a file name, without accents and case: "R-12 (2)" is r, 12, 2."""
    return [part for part in _APART.split(folded(text).translate(_APOSTROPHES)) if part]


def number_key(text: str) -> str:
    """A roll number as it is compared: "R-012" and "r 012" are the same, "12" is another."""
    return "".join(words_in(text))


def file_key(text: str) -> str:
    """A file's name as it is compared: without folders, accents and case."""
    return folded(text.replace("\\", "/")).strip("/ ")


def listed_number(file_name: str, manifest: Mapping[str, str]) -> str | None:
    """The roll number that a list gives a file: by its path, whole or from an inner folder on, or by its name, with
    the ending or without."""
    parts = file_key(file_name).split("/")
    paths = ["/".join(parts[start:]) for start in range(len(parts))]
    for key in (*paths, parts[-1].rpartition(".")[0]):
        if key in manifest:
            return manifest[key]
    return None


def _one(found: Iterable[UUID], by: str) -> Match:
    several = sorted(found, key=str)
    if len(several) == 1:
        return Match(student=several[0], by=by)
    return Match(reason="several", candidates=tuple(several[:MOST_CANDIDATES]))


def _why_nobody(parts: list[str]) -> str:
    """`unknown_roll_number` for a file that is called by a number of some kind, as far as one can tell."""
    is_numbered = any(part.isdigit() for part in parts) and not (parts and parts[0] in _CAMERAS)
    return "unknown_roll_number" if is_numbered else "no_name"


def _runs(parts: list[str]) -> Iterable[tuple[str, list[str]]]:
    """Possible roll numbers at the beginning or the end of a file's name, and the parts beside it."""
    for length in range(1, min(_LONGEST_RUN, len(parts)) + 1):
        yield "".join(parts[:length]), parts[length:]
        if length < len(parts):
            yield "".join(parts[-length:]), parts[:-length]


def _variants(name: str) -> set[str]:
    """A name as written, and as it is written where a keyboard has no umlauts: Müller, Mueller."""
    spelt = name.lower()
    for letter, letters in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("å", "aa"), ("ø", "oe")):
        spelt = spelt.replace(letter, letters)
    return {name, spelt}
