"""Form of an invited person who has no account yet."""

from typing import Any

from django import forms
from django.contrib.auth.forms import SetPasswordMixin
from django.utils.translation import gettext_lazy as _

from accounts.models import Invitation, User
from accounts.names import NameFormField


class NewAccountForm(SetPasswordMixin, forms.Form):
    """Name and password of a new account."""

    name = NameFormField(label=_("Your name"), max_length=120)
    password1, password2 = SetPasswordMixin.create_password_fields(label1=_("Password"), label2=_("Password again"))

    def __init__(self, invitation: Invitation, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.invitation = invitation
        self.fields["name"].initial = invitation.name

    def clean(self) -> dict[str, Any] | None:
        self.validate_passwords()
        person = User(email=self.invitation.email, name=self.cleaned_data.get("name", ""))
        self.validate_password_for_user(person, "password2")
        return super().clean()
