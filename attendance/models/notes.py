"""Notes of staff about students: never shown to the student or the family."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import person_field
from accounts.tenancy import TenantModel, UuidModel
from enrollment.models import Student


class StudentNote(UuidModel, TenantModel):
    """A note on a student's page, with its audience."""

    class Audience(models.TextChoices):
        STAFF = "staff", _("All who teach the student, the tutor and the office")
        TUTOR = "tutor", _("The tutor and the office")

    student = models.ForeignKey(Student, on_delete=models.CASCADE, related_name="notes", verbose_name=_("student"))
    text = models.TextField(_("note"), max_length=1000)
    audience = models.CharField(_("who can read it"), max_length=5, choices=Audience.choices, default=Audience.STAFF)
    written_by = person_field(editable=False)
    written_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-written_at", "-pk"]
        verbose_name = _("note on a student")
        verbose_name_plural = _("notes on students")

    def __str__(self) -> str:
        return f"{self.student} · {self.written_at:%Y-%m-%d}"
