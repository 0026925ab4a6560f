"""Statuses as other systems write them: letters, words of several languages, the school's own codes, England's."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from accounts.names import folded
from attendance.domain.statuses import Status
from attendance.register.status_codes import SchoolStatuses, ShownStatus
from enrollment.importing.plans import Word, Words
from enrollment.importing.records import Choice

SKIP = "skip"  # the answer that a word is no mark
_POINTS = re.compile(r"\s*\(\s*[\d.,]+\s*/\s*[\d.,]+\s*\)\s*$")  # "P (2/2)"
_MINUTES = re.compile(r"(?P<word>.*?\D)\s*[(:,]?\s*(?P<minutes>\d{1,3})\s*(?:min[^\W\d]*\.?|['′])\s*\)?")
_SLASHES = {"/", "\\"}  # England's present in the morning and in the afternoon
# Codes of England whose letters mean something else here: see `domain.england`.
_ENGLAND = {"p": "SP", "e": "EX", "d": "DR"}
_NO_MARK = {"#", "?", "-", "–", "—", "not marked", "no mark", "unmarked", "not recorded", "nicht erfasst"}
_WORDS: dict[Status, tuple[str, ...]] = {
    Status.PRESENT: ("present", "in time", "on time", "attended", "here", "✓", "✔", "/", "\\", "anwesend", "da",
                     "pünktlich", "présent", "présente", "presente", "asistió", "aanwezig", "obecny", "obecna"),
    Status.LATE: ("late", "tardy", "arrived late", "late arrival", "verspätet", "zu spät", "verspätung", "retard",
                  "en retard", "tarde", "tardanza", "retraso", "in ritardo", "ritardo", "te laat", "atrasado"),
    Status.ABSENT: ("absent", "absence", "unexcused", "unexcused absence", "absent unexcused", "missing", "no show",
                    "unauthorised absence", "unauthorized absence", "abwesend", "fehlt", "fehlend", "gefehlt",
                    "unentschuldigt", "absente", "absence injustifiée", "ausente", "falta", "assente", "afwezig"),
    Status.EXCUSED: ("excused", "excused absence", "absent excused", "authorised absence", "authorized absence",
                     "entschuldigt", "befreit", "beurlaubt", "excusé", "excusée", "absence justifiée", "justifié",
                     "justificado", "justificada", "falta justificada", "giustificato", "geoorloofd"),
    Status.LEFT_EARLY: ("left early", "left", "early departure", "leaves early", "früher gegangen",
                        "vorzeitig gegangen", "parti plus tôt", "départ anticipé", "salida anticipada",
                        "uscita anticipata"),
}  # fmt: skip
_STATUS_OF = {folded(word): status for status, words in _WORDS.items() for word in words}


@dataclass(frozen=True, slots=True)
class Meaning:
    """Meaning of a cell. status: None for no mark; minutes: late, where the cell tells them."""

    status: ShownStatus | None
    minutes: int | None = None


@dataclass
class StatusReader:
    """Reader of a file's statuses. answers: meanings that a person chose, by `word_key`. seen: words, with counts."""

    statuses: SchoolStatuses
    answers: Mapping[str, str]
    is_england: bool = False
    seen: dict[str, Word] = field(default_factory=dict)

    def read(self, text: str) -> Meaning | None:
        """The meaning of a cell; None: not known. The word is counted."""
        word, minutes = _taken_apart(text)
        answer, is_mine = self._answer(word)
        key = word_key(word)
        before = self.seen.get(key)
        self.seen[key] = Word(
            before.text if before else word, key, answer, (before.count if before else 0) + 1, is_mine
        )
        if answer == SKIP:
            return Meaning(None)
        shown = self.statuses.find(answer)
        return Meaning(shown, minutes if shown.kind is Status.LATE else None) if shown else None

    def words(self) -> Words:
        """The words of the file and what each is taken for, those not known first."""
        meanings = [Choice(each.letter, f"{each.letter} · {each.label}") for each in self.statuses.offered]
        words = sorted(self.seen.values(), key=lambda word: (bool(word.answer), -word.count))
        return Words(_("Statuses"), tuple(words), (*meanings, Choice(SKIP, _("No mark"))))

    def _answer(self, word: str) -> tuple[str, bool]:
        chosen = self.answers.get(word_key(word), "")
        if chosen == SKIP or self.statuses.find(chosen):
            return chosen, True
        return self._known(word), False

    def _known(self, word: str) -> str:
        """The letters of the status that a word stands for; "": not known."""
        plain = folded(word).strip(" .")
        if self.is_england and (code := _ENGLAND.get(plain)) and self.statuses.find(code):
            return code
        for each in (*self.statuses.own, *self.statuses.defaults):
            if plain in (folded(each.letter), folded(each.label)):
                return each.letter
        if plain in _NO_MARK:
            return SKIP
        return _STATUS_OF.get(plain, "")


def reader_of(statuses: SchoolStatuses, texts: Iterable[str], answers: Mapping[str, str]) -> StatusReader:
    """The reader of a file with these statuses: with a slash among them they are England's codes."""
    return StatusReader(statuses, answers, any(text.strip() in _SLASHES for text in texts))


def word_key(word: str) -> str:
    """The key of a person's answer about a word."""
    return f"status:{folded(word)}"


def _taken_apart(text: str) -> tuple[str, int | None]:
    """The word of a cell, without its points, and the minutes that stand with it."""
    word = _POINTS.sub("", text).strip()
    if found := _MINUTES.fullmatch(word):
        return found["word"].strip(" (:,"), int(found["minutes"])
    return word, None
