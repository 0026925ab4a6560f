"""Disputes as the page of decisions shows them: each with the mark as it is now."""

from collections.abc import Sequence
from dataclasses import dataclass

from attendance.domain.statuses import Status
from attendance.models import Dispute
from attendance.register.status_codes import ShownStatus, statuses_of
from attendance.repositories import marks_for


@dataclass(frozen=True, slots=True)
class Card:
    """A dispute. was: the status that is disputed; now: the mark's present one; version: of the present mark."""

    dispute: Dispute
    was: ShownStatus
    now: ShownStatus
    version: int

    @property
    def has_changed(self) -> bool:
        """True if the mark was changed after it was disputed."""
        return self.version != self.dispute.version


def cards_of(disputes: Sequence[Dispute]) -> list[Card]:
    """The cards, in this order. Disputes are of one institution; the store is read once. Raises StoreUnavailable."""
    if not disputes:
        return []
    school = disputes[0].institution
    codes, marks = statuses_of(school), marks_for(school).for_sessions({each.session_id for each in disputes})
    cards = []
    for each in disputes:
        mark = marks[each.session_id].get(each.student_id)
        was = codes.of(Status(each.status), each.code)
        cards.append(Card(each, was, codes.of_mark(mark), mark.version if mark else 0))
    return cards
