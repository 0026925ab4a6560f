"""Wishes about a file: the sheet on which a paper is printed, and the separator of a table."""

from django import forms
from django.utils.translation import gettext_lazy as _

from enrollment.spreadsheets import SEPARATORS


class SheetForm(forms.Form):
    """Optional wishes in the address of a paper or file. Unknown values count as none."""

    paper = forms.ChoiceField(required=False, choices=[("a4", "A4"), ("letter", _("US Letter"))])
    separator = forms.ChoiceField(required=False, choices=list(SEPARATORS.items()))

    @property
    def wished(self) -> str:
        """The sheet wished for: "a4", "letter", or empty."""
        return self._said("paper")

    @property
    def separated(self) -> str:
        """The separator wished for: "comma", "semicolon", or empty."""
        return self._said("separator")

    def _said(self, name: str) -> str:
        self.full_clean()
        return str(self.cleaned_data.get(name, ""))
