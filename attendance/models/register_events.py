"""Events of a register as a whole, and its version; the versions of marks are kept by their store."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import person_field
from accounts.tenancy import TenantModel


class RegisterEvent(TenantModel):
    """A register was opened, closed or reopened, or marks came by an import. reason: then the file. Never changed."""

    class Kind(models.TextChoices):
        OPENED = "opened", _("Register opened")
        CLOSED = "closed", _("Register closed")
        REOPENED = "reopened", _("Register reopened")
        GIVEN_UP = "given_up", _("Opening taken back")
        IMPORTED = "imported", _("Marks imported")
        UNDONE = "undone", _("Import undone")

    session = models.ForeignKey("attendance.ClassSession", on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    by = person_field()
    at = models.DateTimeField(default=timezone.now)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.session_id} {self.kind}"


class RegisterVersion(TenantModel):
    """A number that every write to the marks of a session raises, wherever the marks themselves are kept.

    Without a foreign key: stores know sessions by their ids alone, and a leftover row is harmless.
    """

    session_id = models.UUIDField()
    number = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["institution", "session_id"], name="one_version_per_register"),
        ]

    def __str__(self) -> str:
        return f"{self.session_id} {self.number}"
