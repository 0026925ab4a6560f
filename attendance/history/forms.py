"""Form for correcting a mark in a closed register."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from attendance.register.corrections import Correction
from attendance.register.status_codes import SchoolStatuses


class CorrectionForm(forms.Form):
    """A status of the school's, the reason, and the version of the mark that the person saw."""

    status = forms.ChoiceField(label=_("Correct to"))
    minutes_late = forms.IntegerField(
        label=_("Minutes late"),
        required=False,
        min_value=0,
        max_value=600,
        help_text=_("Only for “late”. Leave empty if unknown."),
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("The student can read this."),
    )
    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    def __init__(self, *args: Any, codes: SchoolStatuses, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.codes = codes
        field = self.fields["status"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(code.letter, f"{code.letter} · {code.label}") for code in codes.offered]

    def correction(self) -> Correction:
        """The correction as entered, after `is_valid()`."""
        chosen = self.codes.find(self.cleaned_data["status"])
        assert chosen is not None  # the choices are those on offer
        return Correction(
            status=chosen.kind,
            code=chosen.code,
            reason=self.cleaned_data["reason"],
            minutes_late=self.cleaned_data["minutes_late"] or 0,
        )
