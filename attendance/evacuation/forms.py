"""Forms of evacuations and visitors, and what devices send."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.names import NameFormField


class VisitorForm(forms.Form):
    """A visitor who comes into the building."""

    name = NameFormField(label=_("Name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    host = NameFormField(label=_("Visits"), max_length=120, required=False)
    place = NameFormField(label=_("Where"), max_length=80, required=False)


class StartForm(forms.Form):
    """The beginning of an evacuation, as a device sends it, perhaps later."""

    key = forms.UUIDField()
    is_drill = forms.BooleanField(required=False)
    at = forms.DateTimeField(required=False, input_formats=["%Y-%m-%dT%H:%M:%S.%f%z", "%Y-%m-%dT%H:%M:%S%z"])


class TickForm(forms.Form):
    """A tick, or its taking back."""

    subject = forms.UUIDField()
    is_here = forms.BooleanField(required=False)
    at = forms.DateTimeField(required=False, input_formats=["%Y-%m-%dT%H:%M:%S.%f%z", "%Y-%m-%dT%H:%M:%S%z"])


class EndForm(forms.Form):
    """The end of an evacuation, for its report."""

    assembly = NameFormField(label=_("Assembly point"), max_length=120, required=False)
    note = forms.CharField(
        label=_("Note"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Such as how long it took, and what to do better."),
    )  # fmt: skip
