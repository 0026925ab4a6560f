"""The office's day: entries at the desk with the marks they wrote, and reminders of registers not taken."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import person_field
from accounts.tenancy import TenantModel, UuidModel
from attendance.models.lessons import ClassSession
from enrollment.models import Student


class DeskEntry(UuidModel, TenantModel):
    """One entry at the office's desk about a student's day: arrived late, or left early.

    The row is the truth: marks follow it as registers are opened and closed, and go with it when it is undone.
    """

    class Kind(models.TextChoices):
        LATE = "late", _("Arrived late")
        LEFT = "left", _("Left early")

    student = models.ForeignKey(Student, on_delete=models.CASCADE, related_name="desk_entries")
    kind = models.CharField(max_length=6, choices=Kind.choices)
    day = models.DateField()  # the school's own
    at = models.DateTimeField()  # the arrival or the leaving
    until = models.DateTimeField(null=True)  # back at; null: for the rest of the day
    reason = models.CharField(max_length=150, blank=True)
    entered_by = person_field(editable=False)
    entered_at = models.DateTimeField(default=timezone.now)
    undone_by = person_field(editable=False)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-entered_at"]
        indexes = [models.Index(fields=["institution", "day"], name="desk_entries_by_day")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.day}"


class DeskMark(TenantModel):
    """A mark that an entry wrote, by its version: it is undone only while nobody changed it since."""

    entry = models.ForeignKey(DeskEntry, on_delete=models.CASCADE, related_name="marks")
    session = models.ForeignKey(ClassSession, on_delete=models.CASCADE, related_name="+")
    version = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["institution", "entry", "session"], name="one_mark_per_entry_and_lesson"),
        ]

    def __str__(self) -> str:
        return f"{self.session_id} v{self.version}"


class RegisterReminder(UuidModel, TenantModel):
    """A mail that reminded the teachers of a register not taken."""

    session = models.ForeignKey(ClassSession, on_delete=models.CASCADE, related_name="reminders")
    sent_by = person_field(editable=False)
    sent_at = models.DateTimeField(default=timezone.now)
    recipients = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=200, blank=True)  # one sentence; empty: it left

    class Meta:
        ordering = ["-sent_at"]

    def __str__(self) -> str:
        return f"{self.session_id} {self.sent_at}"
