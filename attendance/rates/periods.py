"""Spans of days that rates are computed over: terms and school years; without either the last twelve months."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from operator import itemgetter

from django.db.models import FilteredRelation, Q
from django.utils.translation import gettext

from accounts.models import Institution
from attendance.lessons.timetable import today_of
from enrollment.models import SchoolYear


@dataclass(frozen=True, slots=True)
class Period:
    """A span of days, both ends included. key: names it in an address. is_term: False for a whole year or span."""

    key: str
    name: str
    first: date
    last: date
    is_term: bool = False

    def instants(self, institution: Institution) -> tuple[datetime, datetime]:
        """The first and the last moment of its days in the school's zone."""
        zone = institution.zone
        return (
            datetime.combine(self.first, time.min, tzinfo=zone),
            datetime.combine(self.last, time.max, tzinfo=zone),
        )


def periods_of(institution: Institution) -> list[Period]:
    """The terms and years that have begun, newest first, each year before its terms; else the last twelve months.

    One query.
    """
    today = today_of(institution)
    begun = FilteredRelation("terms", condition=Q(terms__starts_on__lte=today))
    rows = SchoolYear.objects.for_institution(institution).filter(starts_on__lte=today).annotate(term=begun)
    rows = rows.order_by("-starts_on", "pk", "-term__starts_on")
    columns = ("pk", "name", "starts_on", "ends_on", "term__pk", "term__name", "term__starts_on", "term__ends_on")
    found = []
    for (pk, name, first, last), of_year in groupby(rows.values_list(*columns), key=itemgetter(slice(4))):
        terms = [row[4:] for row in of_year if row[4]]
        found += [
            Period(f"t{term_pk.hex}", f"{term} {name}", begins, ends, is_term=True)
            for term_pk, term, begins, ends in terms
        ]
        if len(terms) != 1:
            found.append(Period(f"y{pk.hex}", name, first, last))
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
