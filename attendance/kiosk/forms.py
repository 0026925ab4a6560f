"""Form for a pairing code."""

from django import forms
from django.utils.translation import gettext_lazy as _


class PairingForm(forms.Form):
    """The pairing code that the office was shown, grouped or not."""

    code = forms.CharField(
        label=_("Pairing code"),
        max_length=20,
        help_text=_("Eight digits. The office makes one under “Door tablets”; it is good for fifteen minutes, once."),
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "off", "class": "code-input", "autofocus": True}
        ),
    )
