"""Personal links by which students or guardians take the enrolment photos themselves."""

from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import person_field
from accounts.tenancy import TenantModel, TenantQuerySet, UuidModel
from enrollment.models.people import Student


class PhotoLinkQuerySet(TenantQuerySet):
    """Links for photos."""

    def revoke(self) -> int:
        """End those that were neither used nor ended; returns their number."""
        return self.filter(used_at=None, revoked_at=None).update(revoked_at=timezone.now())


class PhotoLink(UuidModel, TenantModel):
    """A link for one student, valid once and for some days. Only a hash of its secret is kept."""

    student = models.ForeignKey(
        Student, on_delete=models.CASCADE, related_name="photo_links", verbose_name=_("student")
    )
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    with_liveness = models.BooleanField(_("check for a living face"), default=False)
    challenge = models.JSONField(default=dict, editable=False)  # the check that was handed out last, and when
    lived_at = models.DateTimeField(null=True, editable=False)  # when the check was passed
    pictures = models.PositiveSmallIntegerField(default=0, editable=False)  # that were sent, whatever came of them
    created_by = person_field(editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("valid until"))
    used_at = models.DateTimeField(_("used"), null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    objects: ClassVar[models.Manager["PhotoLink"]] = PhotoLinkQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("photo link")
        verbose_name_plural = _("photo links")

    def __str__(self) -> str:
        return f"{self.student} · {self.created_at:%Y-%m-%d}"

    @property
    def is_valid(self) -> bool:
        return self.used_at is None and self.revoked_at is None and self.expires_at > timezone.now()
