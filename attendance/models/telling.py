"""Notices of absences to guardians: a school's choice, the registers that were looked at, and who was told of what."""

from datetime import time

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import OutboxMail
from accounts.tenancy import TenantModel, UuidModel
from attendance.models.lessons import ClassSession
from enrollment.models import Guardian, NoticeMode, Student


class NoticePolicy(TenantModel):
    """A school's choice about telling guardians of unexplained absences. Without a row nobody is told."""

    institution = models.OneToOneField(
        "accounts.Institution", on_delete=models.CASCADE, related_name="notice_policy", verbose_name=_("school")
    )
    is_on = models.BooleanField(
        _("tell guardians of unexplained absences"), default=False, help_text=_("Off until your school turns it on.")
    )
    mode = models.CharField(
        _("when"), max_length=10, choices=NoticeMode.choices, default=NoticeMode.AT_ONCE,
        help_text=_("Unless a guardian chooses otherwise. Further absences on the same day always come together."),
    )  # fmt: skip
    wait_minutes = models.PositiveSmallIntegerField(
        _("wait after closing (minutes)"), default=30, validators=[MaxValueValidator(1440)],
        help_text=_("Time to correct a register before anyone is told."),
    )  # fmt: skip
    digest_at = models.TimeField(_("time of the daily e-mail"), default=time(16, 0))
    quiet_from = models.TimeField(_("no e-mails from"), default=time(20, 0))
    quiet_until = models.TimeField(_("no e-mails until"), default=time(7, 0))
    on_since = models.DateTimeField(null=True, editable=False)  # registers closed before are not told of

    class Meta:
        verbose_name = _("absence notices")

    def __str__(self) -> str:
        return f"{self.institution} · {self.get_mode_display()}"

    def clean(self) -> None:
        super().clean()
        if self.quiet_from == self.quiet_until:
            raise ValidationError({"quiet_until": _("The quiet hours must end at another time than they begin.")})

    def save(self, *args: object, **kwargs: object) -> None:
        if not self.is_on:
            self.on_since = None
        elif self.on_since is None:
            self.on_since = timezone.now()
        super().save(*args, **kwargs)  # type: ignore[arg-type]


class ToldRegister(TenantModel):
    """A closed register whose absences have been told of; closed once more, it has its turn again."""

    session = models.OneToOneField(ClassSession, on_delete=models.CASCADE, related_name="told")
    closed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.session_id} {self.closed_at:%Y-%m-%d %H:%M}"


class AbsenceNotice(UuidModel, TenantModel):
    """One guardian is told of one student's absence from one lesson, at most once."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Will be sent")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Not sent")
        UNKNOWN = "unknown", _("Not known whether it left")
        DROPPED = "dropped", _("No longer needed")
        OFF = "off", _("Switched off by the guardian")

    guardian = models.ForeignKey(Guardian, on_delete=models.CASCADE, related_name="absence_notices")
    student = models.ForeignKey(Student, on_delete=models.CASCADE, related_name="absence_notices")
    session = models.ForeignKey(ClassSession, on_delete=models.CASCADE, related_name="absence_notices")
    day = models.DateField()  # of the lesson, in the school's own zone
    mail = models.ForeignKey(OutboxMail, on_delete=models.SET_NULL, null=True, related_name="absence_notices")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    error = models.CharField(max_length=200, blank=True)  # one sentence
    created_at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True)
    replied_at = models.DateTimeField(null=True)  # the guardian gave a reason by the mail's link

    class Meta:
        ordering = ["session__starts_at"]
        indexes = [models.Index(fields=["institution", "day", "student"], name="notices_of_a_day")]
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "guardian", "student", "session"], name="told_once_of_an_absence"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.guardian_id} {self.student_id} {self.session_id}"
