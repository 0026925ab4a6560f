"""The lessons that a student's page is about: of a term, a year or all time; all of them, or the missed ones alone."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from accounts.models import Institution
from attendance.rates.periods import Period, chosen, periods_of

ALL = "all"


@dataclass(frozen=True, slots=True)
class Choice:
    """period: None for all time. periods: those to choose from, the newest first; none where a school has no years."""

    period: Period | None = None
    periods: tuple[Period, ...] = ()
    only_missed: bool = False

    @property
    def query(self) -> str:
        """The same choice as part of an address."""
        named = {"term": self.period.key if self.period else ALL} if self.periods else {}
        return urlencode(named | ({"missed": "1"} if self.only_missed else {}))

    @property
    def query_turned(self) -> str:
        """The choice with the filter turned on or off."""
        return replace(self, only_missed=not self.only_missed).query


def choice_of(institution: Institution, asked: Mapping[str, str]) -> Choice:
    """The choice that an address makes by `term` (a period's key or "all") and `missed`; else the newest term.

    Two queries.
    """
    periods = tuple(period for period in periods_of(institution) if period.key != "last")
    only_missed = bool(asked.get("missed"))
    if not periods or asked.get("term") == ALL:
        return Choice(None, periods, only_missed)
    return Choice(chosen(periods, asked.get("term")), periods, only_missed)
