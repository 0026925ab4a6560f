"""What happened to a register as a whole: the marks' own versions are kept by their store."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.tenancy import TenantModel


class RegisterEvent(TenantModel):
    """A register was opened, closed or reopened. Never changed."""

    class Kind(models.TextChoices):
        OPENED = "opened", _("Register opened")
        CLOSED = "closed", _("Register closed")
        REOPENED = "reopened", _("Register reopened")

    session = models.ForeignKey("attendance.ClassSession", on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.session_id} {self.kind}"
