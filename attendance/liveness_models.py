"""Challenges that door tablets were given: each is answered once, in time, by the tablet that got it, or not at all."""

from datetime import datetime
from uuid import uuid4

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.tenancy import TenantModel
from enrollment.liveness.base import Outcome, Reason
from enrollment.models import Student


class LivenessAttempt(TenantModel):
    """Somebody before a tablet is asked to show that they are there. Neither pictures nor vectors are kept with it.

    student: whom the face resembles most, which names nobody to the tablet; their failures are counted by it.
    evidence: what was measured, by name. Deleted when the lesson is over (`attempts_expire`).
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    kiosk = models.ForeignKey("attendance.Kiosk", on_delete=models.CASCADE, related_name="+")
    session = models.ForeignKey("attendance.ClassSession", on_delete=models.CASCADE, related_name="+")
    student = models.ForeignKey(Student, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20)
    steps = models.JSONField(default=list)  # [[pose, milliseconds], …]
    reference = models.CharField(max_length=128, blank=True)  # a service's own name of the challenge
    begun_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)  # set once: by the answer, or when another challenge takes its place
    outcome = models.CharField(max_length=12, blank=True, choices=[(o.value, o.value) for o in Outcome])
    reason = models.CharField(max_length=24, blank=True, choices=[(r.value, r.value) for r in Reason])
    evidence = models.JSONField(default=dict)

    class Meta:
        ordering = ["begun_at"]
        verbose_name = _("liveness check")
        verbose_name_plural = _("liveness checks")
        indexes = [models.Index(fields=["session", "student"], name="attempts_of_a_student")]

    def __str__(self) -> str:
        return f"{self.kiosk} · {self.begun_at:%H:%M:%S} · {self.outcome}"

    def is_over(self, now: datetime) -> bool:
        """Whether it can be answered no more."""
        return self.answered_at is not None or now >= self.expires_at
