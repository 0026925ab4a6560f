"""Forms by which a school's administrator invites somebody, and corrects an address."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Role
from accounts.names import NameFormField


class AddressForm(forms.Form):
    """The right address of somebody whose invitation did not arrive."""

    email = forms.EmailField(label=_("E-mail"))


class InviteForm(forms.Form):
    """Name, e-mail and role of a person to invite."""

    name = NameFormField(label=_("Name"), max_length=120)
    email = forms.EmailField(label=_("E-mail"))
    role = forms.ChoiceField(
        label=_("Role"), choices=[(role.value, role.label) for role in (Role.TEACHER, Role.PRINCIPAL, Role.ADMIN)]
    )
