"""What is kept of check-ins by code: the session's secret, and who tried what. Deleted some days after the lesson."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.tenancy import TenantModel


class CodeDisplay(TenantModel):
    """A session's code on a projector. Nothing is good that was not shown: `last_step` is the latest that was."""

    session = models.OneToOneField("attendance.ClassSession", on_delete=models.CASCADE, related_name="code_display")
    secret = models.BinaryField(max_length=32)
    last_step = models.BigIntegerField(default=0)  # 0: stopped
    shown_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    def __str__(self) -> str:
        return f"{self.session_id}"


class CodeTry(TenantModel):
    """A student's check-in by code, or what it was refused for."""

    class Kind(models.TextChoices):
        IN = "in"
        WRONG = "wrong"  # no code that is good now
        LOCKED = "locked"  # the last of too many wrong ones
        NETWORK = "network"  # a good code from outside the school's network
        DEVICE = "device"  # a good code on the device that checked somebody else in
        HELD = "held"  # a good code, but a person has said otherwise of the student

    session = models.ForeignKey("attendance.ClassSession", on_delete=models.CASCADE, related_name="code_tries")
    student = models.ForeignKey("enrollment.Student", on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    device = models.CharField(max_length=36, blank=True)  # a random number of the browser's; empty: the rule is off
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["at", "pk"]
        indexes = [models.Index(fields=["session", "student", "at"], name="code_tries_of_a_student")]
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "session", "student"], condition=Q(kind="in"), name="one_check_in_per_student"
            ),
            models.UniqueConstraint(
                fields=["institution", "session", "device"],
                condition=Q(kind="in") & ~Q(device=""),
                name="one_check_in_per_device",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.session_id} {self.student_id} {self.kind}"
