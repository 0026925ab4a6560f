"""Forms of the pages of erasures."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from enrollment.models import ErasureScope

_MOST_BYTES = 100_000


class EraseForm(forms.Form):
    """Extent of an erasure, and the reason for it."""

    scope = forms.ChoiceField(
        label=_("What is erased"), choices=ErasureScope.choices, initial=ErasureScope.FACES, widget=forms.RadioSelect
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        required=False,
        help_text=_("Such as “Asked for by the mother by letter”. It is kept in the receipt."),
    )
    sure = forms.BooleanField(label=_("This cannot be undone. Erase it."))


class EraseSchoolForm(forms.Form):
    """The school's short name, typed by the person who is sure."""

    slug = forms.CharField(
        label=_("Type the school's short name"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def __init__(self, *args: Any, slug: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.expected = slug
        self.fields["slug"].help_text = _("It is %s.") % slug

    def clean_slug(self) -> str:
        typed: str = self.cleaned_data["slug"].strip().strip("/")
        if typed != self.expected:
            raise forms.ValidationError(_("This is not the school's short name. Nothing was erased."))
        return typed


class VerifyForm(forms.Form):
    """A receipt as a file."""

    file = forms.FileField(label=_("Receipt"), widget=forms.FileInput(attrs={"accept": ".json,application/json"}))

    def clean_file(self) -> str:
        """The file's text; empty if it is none."""
        upload: Any = self.cleaned_data["file"]
        if upload.size > _MOST_BYTES:
            return ""
        return str(upload.read().decode("utf-8", errors="replace"))
