"""Errors raised by imports."""

from dataclasses import dataclass

from django.utils.functional import Promise

from enrollment.errors import EnrollmentError


class ImportFileError(EnrollmentError):
    """The file cannot be read, or not without an answer. The message is a sentence for the person who sent it."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An encoding that a file may have, with some of its words that have letters beyond ASCII."""

    encoding: str
    label: str | Promise
    words: tuple[str, ...]


class EncodingUnknown(ImportFileError):
    """Several encodings give a text: a person has to say which of them shows the names as they are."""

    def __init__(self, message: str | Promise, candidates: tuple[Candidate, ...]) -> None:
        super().__init__("encoding_unknown", message)
        self.candidates = candidates
