"""The statuses of a school, looked up: its own codes, and the five that exist without any row."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from accounts.models import Institution
from attendance.domain.marks import Mark
from attendance.domain.statuses import SETTABLE, Status
from attendance.models.status_codes import StatusCode
from attendance.register.labels import status_word


@dataclass(frozen=True, slots=True)
class Code:
    """What a mark says, as a person reads it. code: what a mark keeps; empty for the kind's default."""

    kind: Status
    code: str
    label: str
    is_attended: bool
    colour: str = ""

    @property
    def letter(self) -> str:
        """What a pill begins with."""
        if self.kind is Status.NONE:
            return "?"
        return self.code or self.kind.value

    @property
    def css(self) -> str:
        """The class of its colours in site.css."""
        return f"c-{self.colour}" if self.colour else self.kind.value


@dataclass(frozen=True, slots=True)
class Codes:
    """A school's statuses, by the letters that choose them: codes not in use are known, but not offered."""

    by_letter: Mapping[str, Code]
    offered: tuple[Code, ...]

    def of(self, status: Status, code: str = "") -> Code:
        """What a mark of this kind and code says, though the code were unknown: marks outlive what named them."""
        if code and code in self.by_letter:
            return self.by_letter[code]
        if code or status is Status.NONE:
            return Code(status, code, status_word(status), status.attended)
        return self.by_letter[status.value]

    def of_mark(self, mark: Mark | None) -> Code:
        """What a student's mark says; no mark is `Status.NONE`."""
        return self.of(mark.status, mark.code) if mark else self.of(Status.NONE)

    def find(self, letters: str) -> Code | None:
        """What a person chose, if that is offered."""
        return next((code for code in self.offered if code.letter == letters), None)

    @property
    def defaults(self) -> list[Code]:
        """The five kinds, by the school's words for them."""
        return [self.by_letter[status.value] for status in SETTABLE]

    @property
    def own(self) -> list[Code]:
        """What the school has besides the five, as far as it is offered."""
        return [code for code in self.offered if code.code]


def codes_of(institution: Institution) -> Codes:
    """The institution's statuses: one query."""
    rows = list(StatusCode.objects.for_institution(institution))
    return _codes(rows)


def _codes(rows: Iterable[StatusCode]) -> Codes:
    by_letter = {status.value: Code(status, "", status_word(status), status.attended) for status in SETTABLE}
    own = []
    for row in rows:
        code = Code(Status(row.kind), row.code if row.is_own else "", row.label, row.counts_as_attended, row.colour)
        by_letter[row.code] = code
        if row.is_own and row.is_active:
            own.append(code)
    return Codes(by_letter, (*(by_letter[status.value] for status in SETTABLE), *own))
