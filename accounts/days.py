"""Days as forms and models have them: picked in the browser's own calendar, and never ending before they begin."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

BACKWARDS = _("The last day is before the first.")


class DayField(forms.DateField):
    """A day, picked in the browser's own calendar."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **kwargs)


class DaysForm(forms.Form):
    """Form with a first and a last day, whose names are in `days`."""

    days = ("first_day", "last_day")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        first, last = (cleaned.get(name) for name in self.days)
        if is_backwards(first, last):
            self.add_error(self.days[1], BACKWARDS)
        return cleaned


def is_backwards(first: date | None, last: date | None) -> bool:
    """True if both days are known and the last is before the first."""
    return bool(first and last and last < first)


def refuse_backwards(first: date | None, last: date | None, *, field: str = "last_day") -> None:
    """Raise ValidationError at `field` of a model whose last day is before the first."""
    if is_backwards(first, last):
        raise ValidationError({field: BACKWARDS})
