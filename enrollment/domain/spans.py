"""Spans of days, both ends included: terms of a school year, and the gaps between them."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class Span:
    """Days from the first to the last, with a name."""

    name: str
    first: date
    last: date


def faults(year: Span, terms: Sequence[Span]) -> dict[int, str]:
    """Codes of what is wrong with the terms of a year, by their place: backwards, outside, overlaps, twice."""
    found: dict[int, str] = {}
    for place, term in enumerate(terms):
        before = terms[:place]
        if term.last < term.first:
            found[place] = "backwards"
        elif term.first < year.first or term.last > year.last:
            found[place] = "outside"
        elif any(term.name == other.name for other in before):
            found[place] = "twice"
        elif any(term.first <= other.last and other.first <= term.last for other in before):
            found[place] = "overlaps"
    return found


def gaps(terms: Sequence[Span]) -> list[Span]:
    """The days between terms, each under the name of the term before it. Weekends alone are no gap."""
    ordered = sorted(terms, key=lambda term: term.first)
    found = []
    for before, after in itertools.pairwise(ordered):
        first, last = before.last + timedelta(days=1), after.first - timedelta(days=1)
        if any(_on(first, day).weekday() < 5 for day in range((last - first).days + 1)):
            found.append(Span(before.name, first, last))
    return found


def _on(first: date, days: int) -> date:
    return first + timedelta(days=days)
