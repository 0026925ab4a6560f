"""Form by which the portal's operator adds a school."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.models import Institution
from accounts.names import NameFormField
from accounts.schools.creating import free_slug
from accounts.zones import TimeZoneField


class SchoolForm(forms.Form):
    """A new school and its first administrator."""

    name = NameFormField(label=_("Name of the school"), max_length=120)
    slug = forms.CharField(
        label=_("Web address"),
        max_length=40,
        required=False,
        help_text=_("The first part of its address. Leave empty to make it from the name."),
    )
    time_zone = TimeZoneField(label=_("Time zone"), help_text=_("Type a city, such as London."))
    language = forms.ChoiceField(
        label=_("Language"), choices=settings.LANGUAGES, help_text=_("For e-mails to people who have not chosen one.")
    )
    admin_name = NameFormField(label=_("First administrator"), max_length=120)
    admin_email = forms.EmailField(
        label=_("Their e-mail"), help_text=_("We'll send a link to choose a password, unless it is you.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"].initial = get_language()

    def clean_slug(self) -> str:
        """The address as typed; an empty one is made from the name when the school is added."""
        slug: str = self.cleaned_data["slug"].strip().lower()
        if slug:
            Institution._meta.get_field("slug").run_validators(slug)
            if Institution.objects.filter(slug=slug).exists():
                raise forms.ValidationError(_("Another school has this web address already."))
        return slug

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if "name" in cleaned and cleaned.get("slug") == "" and not free_slug(cleaned["name"]):
            self.add_error("slug", _("Choose the school's web address: its name has no Latin letters."))
        return cleaned
