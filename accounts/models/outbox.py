"""Mails of the portal that leave by the outbox: see `accounts.outbox`, which alone writes them."""

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.tenancy import TenantModel, UuidModel


class OutboxMail(UuidModel, TenantModel):
    """One mail to one address. Its text is made when it is sent, so no secret of a link is kept here."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting to be sent")
        PREPARING = "preparing", _("Being prepared")
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Not sent")
        DROPPED = "dropped", _("No longer needed")
        UNKNOWN = "unknown", _("Not known whether it left")

    kind = models.CharField(max_length=40)
    about = models.UUIDField()  # the row that it is about, as its kind knows it
    parameters = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    to = models.EmailField(_("e-mail"))
    key = models.CharField(max_length=200)  # what is queued twice under one key is one mail
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=200, blank=True)  # one sentence: of the last try, or why it was dropped
    due_at = models.DateTimeField(default=timezone.now)  # not before
    useless_at = models.DateTimeField(null=True)  # not after
    lease = models.UUIDField(null=True)  # of the process that had it last
    lease_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["state", "due_at"], name="mail_unsent"),
            models.Index(fields=["institution", "kind", "about"], name="mail_about"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["institution", "kind", "key"], name="one_mail_per_key"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} · {self.to}"
