"""Receipts of erasures, and the log of who saw or changed what about whom."""

from typing import Any, NoReturn

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Job, person_field
from accounts.tenancy import TenantModel, UuidModel


class ErasureScope(models.TextChoices):
    """Extent of an erasure: each includes those before it. ANONYMOUS and EVERYTHING differ in the rosters that stay."""

    FACES = "faces", _("Face data")
    MARKS = "marks", _("Face data and attendance")
    ANONYMOUS = "anonymous", _("Everything, leaving a nameless place in past registers")
    EVERYTHING = "everything", _("Everything, the student's record included")


class Receipt(UuidModel):
    """An erasure: what was asked, what was found and is gone, signed at its end. It holds no biometric data.

    steps: `{"part": code, "found": n, "left": n}` in order; left is absent until it was read again. inventory:
    `{"files": [name], "face_ids": [id]}`, by which they are read again; emptied at the end. document: the statement as
    it was signed.
    """

    class State(models.TextChoices):
        RUNNING = "running", _("In progress")
        DONE = "done", _("Erased")

    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.RUNNING)
    steps = models.JSONField(default=list, encoder=DjangoJSONEncoder)
    inventory = models.JSONField(default=dict)
    document = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    signature = models.CharField(max_length=200, blank=True)
    asked_by_name = models.CharField(max_length=120, blank=True)  # as it was then: accounts can be deleted
    asked_at = models.DateTimeField(_("asked on"), default=timezone.now)
    ended_at = models.DateTimeField(_("finished on"), null=True)

    class Meta:
        abstract = True

    @property
    def is_done(self) -> bool:
        return self.state == self.State.DONE


class ErasureReceipt(Receipt, TenantModel):
    """The receipt of a student's erasure."""

    subject = models.UUIDField()  # the student's id; the row itself may be gone
    label = models.CharField(_("student"), max_length=200)  # roll number and name, as the school's proof needs them
    scope = models.CharField(_("extent"), max_length=10, choices=ErasureScope.choices, default=ErasureScope.FACES)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    job = models.ForeignKey(Job, on_delete=models.SET_NULL, null=True, related_name="+")
    asked_by = person_field(editable=False)

    class Meta:
        ordering = ["-asked_at"]
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "subject"],
                condition=models.Q(state="running"),
                name="one_running_erasure_per_student",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} · {self.asked_at:%Y-%m-%d}"


class SchoolErasureReceipt(Receipt):
    """The receipt of a whole school's erasure. It belongs to no school: the school's rows are gone."""

    subject = models.UUIDField()
    label = models.CharField(_("school"), max_length=200)  # short name and name

    class Meta:
        ordering = ["-asked_at"]
        verbose_name = _("erasure of a school")
        verbose_name_plural = _("erasures of schools")
        constraints = [
            models.UniqueConstraint(
                fields=["subject"], condition=models.Q(state="running"), name="one_running_erasure_per_school"
            ),
        ]

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

    def save(self, *args: Any, **kwargs: Any) -> None:
        raise TypeError("Entries of the access log are written by `enrollment.access` alone, and never changed.")

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("Entries of the access log are deleted by their retention alone.")
