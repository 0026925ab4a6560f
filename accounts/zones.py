"""Time zones by the names that people type: a city, or a name of the time zone database."""

import zoneinfo
from functools import lru_cache
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.names import folded

AREAS = ("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


@lru_cache(maxsize=1)
def zone_names() -> tuple[str, ...]:
    """The names to choose from, such as Europe/London, sorted; UTC last."""
    places = sorted(name for name in zoneinfo.available_timezones() if name.split("/")[0] in AREAS and "/" in name)
    return (*places, "UTC")


def zones_like(text: str) -> list[str]:
    """The zones that a typed text can mean: "london" finds Europe/London, "new york" America/New_York.

    A whole name comes alone, then whole cities, then names that contain the text.
    """
    key = _key(text)
    if not key:
        return []
    exact = [name for name in sorted(zoneinfo.available_timezones()) if _key(name) == key]
    if exact:
        return exact[:1]
    cities = [name for name in zone_names() if _key(name).rpartition("/")[2] == key]
    return cities or [name for name in zone_names() if key in _key(name)]


def _key(text: str) -> str:
    return folded(text).strip().replace(" ", "_")


class TimeZoneField(forms.CharField):
    """A time zone typed with suggestions. `template` draws them: a list under `zones`."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"list": "zones", "autocomplete": "off", "spellcheck": "false"})
        super().__init__(**{"max_length": 64, "widget": widget, **kwargs})

    def clean(self, value: Any) -> str:
        typed: str = super().clean(value)
        found = zones_like(typed) if typed else [typed]
        if len(found) == 1:
            return found[0]
        if not found:
            raise ValidationError(_("No time zone is called like this. Type the next large city, such as London."))
        raise ValidationError(
            _("Several time zones match: %(zones)s. Choose one."), params={"zones": ", ".join(found[:5])}
        )
