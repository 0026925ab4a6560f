"""Kiosks, the tablets at doors: devices of a school that show faces to their room's open register, nothing else."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.names import NameField
from accounts.tenancy import TenantModel, UuidModel
from enrollment.domain.liveness import Outcome, Reason
from enrollment.models import Student


class Kiosk(UuidModel, TenantModel):
    """A tablet at the door of a room. Neither its pairing code nor its secret is kept, only their hashes."""

    name = NameField(
        _("name"),
        max_length=40,
        help_text=_("Marks made by the tablet say this name."),
    )
    room = NameField(
        _("room"),
        max_length=40,
        help_text=_("As the timetable writes it. The tablet marks in this room's lessons alone."),
    )
    is_attended = models.BooleanField(
        _("staff are present"),
        default=False,
        help_text=_(
            "Then the tablet marks everyone who walks past, and a photo held up to it may be taken for the person in "
            "it: please watch for that. Otherwise everybody is asked to turn their head before they are marked. That "
            "stops a photo, not every film on a phone."
        ),
    )
    code_hash = models.CharField(max_length=64, blank=True, editable=False)  # empty: no code is waiting
    code_until = models.DateTimeField(null=True, editable=False)
    secret_hash = models.CharField(max_length=64, blank=True, editable=False)  # empty: no tablet is paired
    paired_at = models.DateTimeField(_("paired"), null=True, editable=False)
    last_seen_at = models.DateTimeField(_("last seen"), null=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, editable=False)

    class Meta:
        ordering = ["room", "name"]
        verbose_name = _("door tablet")
        verbose_name_plural = _("door tablets")
        constraints = [
            models.UniqueConstraint(fields=["institution", "name"], name="one_kiosk_of_a_name"),
            models.UniqueConstraint(
                fields=["institution", "code_hash"], condition=~models.Q(code_hash=""), name="one_kiosk_per_code"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class LivenessAttempt(UuidModel, TenantModel):
    """A liveness check of somebody in front of a tablet. Neither pictures nor vectors are kept with it.

    student: the one whom the face resembles most; never named to the tablet, but their failures are counted by it.
    evidence: measurements, by name. Deleted when the lesson is over (`attempts_expire`).
    """

    kiosk = models.ForeignKey("attendance.Kiosk", on_delete=models.CASCADE, related_name="+")
    session = models.ForeignKey("attendance.ClassSession", on_delete=models.CASCADE, related_name="+")
    student = models.ForeignKey(Student, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20)
    steps = models.JSONField(default=list)  # [[pose, milliseconds], …]
    turns = models.PositiveSmallIntegerField(default=0)  # quarters by which the tablet's frames are to be turned
    reference = models.CharField(max_length=128, blank=True)  # a service's own name of the challenge
    begun_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)  # set once: by the answer, or when another challenge replaces it
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
