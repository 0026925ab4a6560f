"""The statuses of a school: its own codes, and the five that exist without any row."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from accounts.models import Institution
from attendance.domain.marks import Mark
from attendance.domain.statuses import SETTABLE, Status
from attendance.models.status_codes import StatusCode
from attendance.register.labels import status_word


@dataclass(frozen=True, slots=True)
class ShownStatus:
    """A status as people read it. code: the one that a mark keeps; empty for the kind's default."""

    kind: Status
    code: str
    label: str
    is_attended: bool
    colour: str = ""

    @property
    def letter(self) -> str:
        """The letters on its pill."""
        if self.kind is Status.NONE:
            return "?"
        return self.code or self.kind.value

    @property
    def css(self) -> str:
        """The class of its colours in site.css."""
        return f"c-{self.colour}" if self.colour else self.kind.value


@dataclass(frozen=True, slots=True)
class SchoolStatuses:
    """A school's statuses, by the letters that choose them: those not in use are known, but not offered."""

    by_letter: Mapping[str, ShownStatus]
    offered: tuple[ShownStatus, ...]

    def of(self, status: Status, code: str = "") -> ShownStatus:
        """The status of a mark of this kind and code, even if the code is unknown: marks outlive deleted codes."""
        if code and code in self.by_letter:
            return self.by_letter[code]
        if code or status is Status.NONE:
            return ShownStatus(status, code, status_word(status), status.attended)
        return self.by_letter[status.value]

    def of_mark(self, mark: Mark | None) -> ShownStatus:
        """The status of a mark; of no mark that of `Status.NONE`."""
        return self.of(mark.status, mark.code) if mark else self.of(Status.NONE)

    def find(self, letters: str) -> ShownStatus | None:
        """The status with these letters, if it is offered."""
        return next((code for code in self.offered if code.letter == letters), None)

    @property
    def defaults(self) -> list[ShownStatus]:
        """The five kinds, with the school's labels for them."""
        return [self.by_letter[status.value] for status in SETTABLE]

    @property
    def own(self) -> list[ShownStatus]:
        """The school's statuses besides the five, as far as they are offered."""
        return [code for code in self.offered if code.code]


def statuses_of(institution: Institution) -> SchoolStatuses:
    """The institution's statuses: one query."""
    return statuses_in(StatusCode.objects.for_institution(institution))


def statuses_in(rows: Iterable[StatusCode]) -> SchoolStatuses:
    """The statuses of an institution whose rows were read already."""
    by_letter = {status.value: ShownStatus(status, "", status_word(status), status.attended) for status in SETTABLE}
    own = []
    for row in rows:
        code = row.code if row.is_own else ""
        shown = ShownStatus(Status(row.kind), code, row.label, row.counts_as_attended, row.colour)
        by_letter[row.code] = shown
        if row.is_own and row.is_active:
            own.append(shown)
    return SchoolStatuses(by_letter, (*(by_letter[status.value] for status in SETTABLE), *own))
