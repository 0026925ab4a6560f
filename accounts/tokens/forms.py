"""Form of a new API token."""

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.names import NameFormField
from accounts.tokens.issuing import LIFETIMES
from accounts.tokens.models import Scope


def lifetimes() -> list[tuple[int, str]]:
    """Lifetimes to choose from, in the language of the request."""
    return [(days, ngettext("%d day", "%d days", days) % days) for days in LIFETIMES]


class TokenForm(forms.Form):
    """Name, access and lifetime of a token."""

    name = NameFormField(label=_("Name"), max_length=60, help_text=_("For example, the program that will use it."))
    scope = forms.ChoiceField(label=_("Access"), choices=Scope.choices, initial=Scope.READ)
    days = forms.TypedChoiceField(
        label=_("Valid for"),
        choices=lifetimes,
        coerce=int,
        initial=90,
    )
