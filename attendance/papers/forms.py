"""The sheet on which a paper is printed."""

from django import forms
from django.utils.translation import gettext_lazy as _


class SheetForm(forms.Form):
    """Optional wishes in the address of a paper: another sheet than the usual one. Unknown values count as none."""

    paper = forms.ChoiceField(required=False, choices=[("a4", "A4"), ("letter", _("US Letter"))])

    @property
    def wished(self) -> str:
        """The sheet wished for: "a4", "letter", or empty."""
        return self.cleaned_data.get("paper", "") if self.is_valid() else ""
