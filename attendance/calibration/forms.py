"""Forms of the calibration page."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

WISHES = (0.05, 0.01, 0.005, 0.001)


class WishForm(forms.Form):
    """A target false-match rate: one of a few."""

    wish = forms.TypedChoiceField(label=_("False-match rate of at most"), coerce=float)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["wish"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(str(wish), f"{number_format(Decimal(f'{100 * wish:g}'))} %") for wish in WISHES]


class AdoptForm(WishForm):
    """The target rate and the threshold that was proposed for it."""

    threshold = forms.FloatField()
