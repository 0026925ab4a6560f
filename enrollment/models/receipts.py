"""Receipts of erasures, and the log of who saw or changed what about whom."""

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Job
from accounts.tenancy import TenantModel, UuidModel, person_field


class ErasureReceipt(UuidModel, TenantModel):
    """An erasure of a student's data: what was asked, what was found gone, signed. It holds no biometric data."""

    class State(models.TextChoices):
        RUNNING = "running", _("In progress")
        DONE = "done", _("Erased")

    subject = models.UUIDField()  # the student's id; the row itself may be gone
    label = models.CharField(_("student"), max_length=200)  # roll number and name, as the school's proof needs them
    with_marks = models.BooleanField(_("marks too"), default=False)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.RUNNING)
    steps = models.JSONField(default=list, encoder=DjangoJSONEncoder)  # what was erased and read again, in order
    signature = models.CharField(max_length=200, blank=True)
    job = models.ForeignKey(Job, on_delete=models.SET_NULL, null=True, related_name="+")
    asked_by = person_field(editable=False)
    asked_at = models.DateTimeField(_("asked on"), default=timezone.now)
    ended_at = models.DateTimeField(_("finished on"), null=True)

    class Meta:
        ordering = ["-asked_at"]
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")

    def __str__(self) -> str:
        return f"{self.label} · {self.asked_at:%Y-%m-%d}"


class AccessRecord(TenantModel):
    """Somebody saw or changed something about a student. Written by `enrollment.access` alone, never changed."""

    actor = person_field(editable=False, verbose_name=_("person"))
    actor_name = models.CharField(max_length=120, blank=True)  # as it was then: accounts can be deleted
    subject = models.UUIDField(null=True)  # the student's id
    verb = models.CharField(_("act"), max_length=40)  # a code, such as photo_seen or consent_withdrawn
    detail = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    at = models.DateTimeField(_("time"), default=timezone.now)

    class Meta:
        ordering = ["-at"]
        verbose_name = _("entry of the access log")
        verbose_name_plural = _("access log")
        indexes = [
            models.Index(fields=["institution", "subject", "-at"], name="access_by_student"),
            models.Index(fields=["institution", "-at"], name="access_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.at:%Y-%m-%d %H:%M}"
