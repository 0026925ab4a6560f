"""Base model and query set of rows that belong to one institution."""

from typing import Any, Self
from uuid import uuid4

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.names import NamedModel, NamedQuerySet


class TenantQuerySet(NamedQuerySet):
    """Rows that belong to institutions."""

    def for_institution(self, institution: Any) -> Self:
        """The institution's own rows. `institution` is an Institution, never None."""
        if institution is None:
            raise ValueError("No institution: refusing to query across schools.")
        return self.filter(institution=institution)


class UuidModel(models.Model):
    """A row under a random id, which tells nothing of other rows."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)

    class Meta:
        abstract = True


class MailedModel(models.Model):
    """A row that mails are sent about, with what became of the last one."""

    sent_at = models.DateTimeField(_("last sent"), null=True, editable=False)
    times_sent = models.PositiveSmallIntegerField(default=0, editable=False)
    mail_error = models.CharField(max_length=200, blank=True, editable=False)  # one sentence; empty: it left
    came_back_at = models.DateTimeField(null=True, editable=False)  # after a mail server had taken it

    class Meta:
        abstract = True


class TenantModel(NamedModel):
    """A row of one institution. Every row it refers to must belong to the same institution."""

    institution = models.ForeignKey(
        "accounts.Institution", on_delete=models.CASCADE, related_name="+", verbose_name=_("school")
    )

    objects = TenantQuerySet.as_manager()

    class Meta:
        abstract = True

    def clean(self) -> None:
        """Refuse a reference to another institution's row, from any form."""
        super().clean()
        errors = {}
        for field in self._meta.concrete_fields:
            if not (field.is_relation and field.related_model and issubclass(field.related_model, TenantModel)):
                continue
            if getattr(self, field.attname) is None or self.institution_id is None:
                continue
            if getattr(self, field.name).institution_id != self.institution_id:
                # The same words as for a row that does not exist: other schools' ids stay unknown.
                errors[field.name] = ValidationError(_("That choice is not one of the available choices."))
        if errors:
            raise ValidationError(errors)
