"""Days whose marks are imported: held already, in a school year, no day off, and not too long ago to be kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from enrollment.importing.records import Problem
from enrollment.importing.state import Row


@dataclass
class Days:
    """School years, days off (first, last, course or None, name), and the days that marks are kept (None: for ever)."""

    years: Sequence[Row]
    retention_days: int | None
    today: date
    off: list[tuple[date, date, str | None, str]] = field(default_factory=list)

    def problem(self, course: Row, day: date) -> Problem | None:
        """The reason why no lesson of this day is imported."""
        told = {"day": day_words(day), "course": course["name"]}
        if day > self.today:
            return in_future(day)
        if self.retention_days is not None and day < self.today - timedelta(days=self.retention_days):
            said = _("The school keeps marks for %(days)d days, and %(day)s is longer ago.")
            return at_day(said, told | {"days": self.retention_days})
        own = next((year for year in self.years if year["id"] == course["year_id"]), None)
        if own and not own["starts_on"] <= day <= own["ends_on"]:
            said = _("%(day)s is outside the school year %(year)s, in which %(course)s is taught.")
            return at_day(said, told | {"year": own["name"]})
        if self.years and not any(year["starts_on"] <= day <= year["ends_on"] for year in self.years):
            return at_day(_("%(day)s is in none of the school years. Check the date, or add the year first."), told)
        return None

    def off_on(self, course: Row, day: date) -> str | None:
        """The name of the day off on which a course has no lessons that day, or None."""
        held = (name for first, last, of, name in self.off if first <= day <= last and of in (None, course["id"]))
        return next(held, None)


def at_day(said: str, told: Mapping[str, Any]) -> Problem:
    """A problem that another date would settle."""
    return Problem(said % told, "date")


def in_future(day: date) -> Problem:
    """The problem of a lesson that was not held yet."""
    said = _("%(day)s is in the future. Only marks of lessons that were held are imported.")
    return at_day(said, {"day": day_words(day)})


def day_words(day: date) -> str:
    """A date in a sentence, such as "Mon 5 Oct 2026"."""
    return date_format(day, "D j M Y")
