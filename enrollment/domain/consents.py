"""Rules of consents: states and their letters, ages, days, and the stricter rules of some places."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from accounts.leaver_law import MOST_LEAVER_DAYS

ADULT_AGE = 18
ENDING_DAYS = 30  # so long before its last day a consent counts as ending soon


class State(StrEnum):
    """The answer to the question whether a student's face may be used, as all answers about them make it."""

    PENDING = "pending"
    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


# None of them is the letter of a mark: P, L, A and E say something else.
LETTERS = {State.PENDING: "N", State.GRANTED: "G", State.REFUSED: "R", State.WITHDRAWN: "W", State.EXPIRED: "X"}
TO_ASK = frozenset({State.PENDING, State.EXPIRED})
WITHOUT = frozenset({State.REFUSED, State.WITHDRAWN})


@dataclass(frozen=True, slots=True)
class ConsentRules:
    """Rules of a place for consents. Facts and sources: docs/law.md.

    every_parent: each parent is told before the first photo, and any objection stops it. parent_needed: no student
    under 18 agrees alone. most_leaver_days: so long after leaving a face may be kept at most; None: no limit.
    """

    every_parent: bool = False
    parent_needed: bool = False
    most_leaver_days: int | None = None


_RULES = {
    "england": ConsentRules(every_parent=True, parent_needed=True),
    "illinois": ConsentRules(parent_needed=True, most_leaver_days=MOST_LEAVER_DAYS["illinois"]),
}


def rules_of(law: str) -> ConsentRules:
    """The rules for consents under a FaceLaw, the general ones for any other."""
    return _RULES.get(law, ConsentRules())


def leaver_days(law: str, chosen: int) -> int:
    """Days for which the face of a student who has left is kept: as the school chose, at most as the law allows."""
    most = rules_of(law).most_leaver_days
    return chosen if most is None else min(chosen, most)


def is_adult(birth_date: date | None, today: date) -> bool:
    """True if the date of birth is known and the student is 18 or older."""
    return birth_date is not None and age_on(birth_date, today) >= ADULT_AGE


def age_on(birth_date: date, today: date) -> int:
    """Age in completed years. A person born on 29 February is a year older on 1 March."""
    return today.year - birth_date.year - ((today.month, today.day) < (birth_date.month, birth_date.day))


def adult_since(today: date) -> date:
    """The latest date of birth of somebody who is an adult on that day."""
    year = today.year - ADULT_AGE
    try:
        return today.replace(year=year)
    except ValueError:  # 29 February, and the year has none
        return date(year, 2, 28)


def last_day(given_on: date, months: int | None) -> date | None:
    """The last day of a consent given for so many months; None: it does not expire."""
    if months is None:
        return None
    years, month = divmod(given_on.month - 1 + months, 12)
    year = given_on.year + years
    for day in (given_on.day, 30, 29, 28):
        try:
            return date(year, month + 1, day)
        except ValueError:
            continue
    raise ValueError("Every month has 28 days.")


def ends_soon(expires_on: date | None, today: date) -> bool:
    """True in the last days of a consent that has not expired."""
    return expires_on is not None and 0 <= (expires_on - today).days <= ENDING_DAYS
