"""Spans of days that rates are computed over: terms and school years; without either the last twelve months."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone
from django.utils.translation import gettext

from accounts.models import Institution
from enrollment.models import SchoolYear


@dataclass(frozen=True, slots=True)
class Period:
    """A span of days, both ends included. key: names it in an address. is_term: False for a whole year or span."""

    key: str
    name: str
    first: date
    last: date
    is_term: bool = False

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    def instants(self, institution: Institution) -> tuple[datetime, datetime]:
        """The first and the last moment of its days in the school's zone."""
        zone = institution.zone
        return (
            datetime.combine(self.first, time.min, tzinfo=zone),
            datetime.combine(self.last, time.max, tzinfo=zone),
        )


def today_of(institution: Institution) -> date:
    """The present day in the school's zone."""
    return timezone.localdate(timezone=institution.zone)


def periods_of(institution: Institution) -> list[Period]:
    """The terms and years that have begun, newest first, each year before its terms; else the last twelve months.

    Two queries.
    """
    today = today_of(institution)
    found = []
    for year in SchoolYear.objects.for_institution(institution).filter(starts_on__lte=today).prefetch_related("terms"):
        terms = [term for term in reversed(year.terms.all()) if term.starts_on <= today]
        found += [
            Period(f"t{term.pk.hex}", f"{term.name} {year.name}", term.starts_on, term.ends_on, is_term=True)
            for term in terms
        ]
        if len(terms) != 1:
            found.append(Period(f"y{year.pk.hex}", year.name, year.starts_on, year.ends_on))
    return found or [_last_months(today)]


def year_of(institution: Institution) -> Period:
    """The school year that is on, or was on last; without any year the last twelve months."""
    today = today_of(institution)
    year = SchoolYear.objects.for_institution(institution).filter(starts_on__lte=today).first()
    if year is None:
        return _last_months(today)
    return Period(f"y{year.pk.hex}", year.name, year.starts_on, year.ends_on)


def chosen(periods: Sequence[Period], key: str | None) -> Period:
    """The period with this key, else the newest one: the term that is on, or the last that was."""
    return next((period for period in periods if period.key == key), periods[0])


def before(periods: Sequence[Period], period: Period) -> Period | None:
    """The period of the same sort before this one, or None: last term of a term, last year of a year."""
    earlier = [one for one in periods if one.is_term == period.is_term and one.last < period.first]
    return max(earlier, key=lambda one: one.last, default=None)


def _last_months(today: date) -> Period:
    return Period("last", gettext("The last twelve months"), today - timedelta(days=365), today)
