"""Services for days without lessons of the whole school, and those that the gaps between terms suggest."""

from datetime import date

from django.utils.translation import gettext as _

from accounts.models import Institution
from attendance.models import DayOff
from enrollment.domain.spans import Span, gaps
from enrollment.models import SchoolYear


def day_off_add(*, institution: Institution, name: str, first_day: date, last_day: date) -> DayOff:
    """Add days without lessons of the whole school. Raises ValidationError."""
    day_off = DayOff(institution=institution, name=name, first_day=first_day, last_day=last_day)
    day_off.full_clean()
    day_off.save()
    return day_off


def day_off_delete(*, day_off: DayOff) -> None:
    """Delete days off; lessons that nobody changed come back when their day is planned."""
    day_off.delete()


def holidays_suggested(institution: Institution, today: date) -> list[Span]:
    """The gaps between the terms of years that are not over, less those that days off cover already."""
    off = DayOff.objects.for_institution(institution).filter(course=None, last_day__gte=today)
    covered = list(off.values_list("first_day", "last_day"))
    found = []
    for year in SchoolYear.objects.for_institution(institution).filter(ends_on__gte=today).prefetch_related("terms"):
        terms = [Span(term.name, term.starts_on, term.ends_on) for term in year.terms.all()]
        found += [gap for gap in gaps(terms) if gap.last >= today and not _touched(gap, covered)]
    return [Span(_("Holidays after %s") % gap.name, gap.first, gap.last) for gap in found]


def holidays_suggested_add(*, institution: Institution, today: date) -> int:
    """Add all suggested holidays; returns how many."""
    suggested = holidays_suggested(institution, today)
    for gap in suggested:
        day_off_add(institution=institution, name=gap.name, first_day=gap.first, last_day=gap.last)
    return len(suggested)


def _touched(gap: Span, covered: list[tuple[date, date]]) -> bool:
    return any(first <= gap.last and gap.first <= last for first, last in covered)
