"""How often a register's marks were written: what open pages compare before they ask for anything."""

from django.db import models

from accounts.tenancy import TenantModel


class RegisterVersion(TenantModel):
    """A number that every write to the marks of a session raises, wherever the marks themselves are kept.

    Without a foreign key: stores know sessions by their ids alone, and a row that is left over says nothing.
    """

    session_id = models.UUIDField()
    number = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["institution", "session_id"], name="one_version_per_register"),
        ]

    def __str__(self) -> str:
        return f"{self.session_id} {self.number}"
