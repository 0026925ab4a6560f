"""Model of API tokens."""

from uuid import uuid4

from django.db import models
from django.utils.translation import gettext_lazy as _
from knox.models import AbstractAuthToken

from accounts.names import NameField


class Scope(models.TextChoices):
    """Extent of a token: all that its owner may do, or reading alone."""

    READ = "read", _("Read only")
    WRITE = "write", _("Read and change")


class ApiToken(AbstractAuthToken):
    """A token of one person. Its secret is shown once; the row has the secret's SHA-512, for its 256 random bits."""

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)  # in addresses, instead of the digest
    name = NameField(_("name"), max_length=60)
    scope = models.CharField(_("access"), max_length=5, choices=Scope.choices, default=Scope.READ)
    # HMAC of the owner's password as it was: under another one, however it was set, the token is not valid.
    password_stamp = models.CharField(max_length=64, editable=False)
    used_on = models.DateField(null=True, editable=False)  # UTC; the last day

    class Meta:
        ordering = ["-created"]
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")

    def __str__(self) -> str:
        return self.name
