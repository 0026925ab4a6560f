"""Records of check-ins by code: the session's secret, and each attempt. Deleted some days after the lesson."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import person_field
from accounts.tenancy import TenantModel


class CodeDisplay(TenantModel):
    """A session's check-in code on a projector. None is valid before it was shown: `last_step` is the latest shown."""

    session = models.OneToOneField("attendance.ClassSession", on_delete=models.CASCADE, related_name="code_display")
    secret = models.BinaryField(max_length=32)
    last_step = models.BigIntegerField(default=0)  # 0: stopped
    shown_by = person_field()

    def __str__(self) -> str:
        return f"{self.session_id}"


class CodeTry(TenantModel):
    """A student's check-in by code, or the ground on which it was refused."""

    class Kind(models.TextChoices):
        IN = "in"
        WRONG = "wrong"  # not a valid code at that moment
        LOCKED = "locked"  # the last of too many wrong ones
        NETWORK = "network"  # a valid code from outside the school's network
        DEVICE = "device"  # a valid code on the device that checked somebody else in
        HELD = "held"  # a valid code, but a person has marked the student otherwise

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
