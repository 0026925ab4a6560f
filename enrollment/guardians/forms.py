"""Forms of the office's pages of guardians."""

from django import forms
from django.utils.translation import gettext_lazy as _


class ReasonForm(forms.Form):
    """Why an order is recorded or lifted."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        help_text=_("Such as the court, the date and the number of its order. It stays on record."),
        error_messages={"required": _("Please give a reason. It stays on record.")},
    )
