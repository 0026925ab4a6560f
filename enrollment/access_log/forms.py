"""Filter of the access log."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from enrollment.access import IN_WORDS


def _day(**options: Any) -> forms.DateField:
    return forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **options)


class LogFilterForm(forms.Form):
    """Student, person, act and period. Everything may be empty."""

    student = forms.CharField(label=_("Student"), max_length=120, required=False, help_text=_("Name or roll number"))
    person = forms.CharField(label=_("Seen or changed by"), max_length=120, required=False)
    act = forms.ChoiceField(label=_("Act"), choices=[("", _("Everything")), *IN_WORDS.items()], required=False)
    first = _day(label=_("From"))
    last = _day(label=_("Until"))

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        first, last = cleaned.get("first"), cleaned.get("last")
        if isinstance(first, date) and isinstance(last, date) and last < first:
            self.add_error("last", _("The last day is before the first."))
        return cleaned
