"""Enrolment photos that came many at once."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Job, person_field
from accounts.tenancy import TenantModel, UuidModel
from enrollment.models.faces import FacePhoto
from enrollment.models.people import Student


def batch_photo_path(item: "BatchPhoto", filename: str) -> str:
    """Path of a photo that waits in a batch: without a person's name."""
    return f"batches/{item.institution_id}/{item.batch_id}/{item.id}.jpg"


class PhotoBatch(UuidModel, TenantModel):
    """Photos uploaded together: a ZIP, a folder, or files dropped on a page."""

    class State(models.TextChoices):
        RECEIVING = "receiving", _("Being unpacked")
        MATCHING = "matching", _("To be matched")
        ENROLLING = "enrolling", _("Being enrolled")
        DONE = "done", _("Finished")

    name = models.CharField(_("name"), max_length=200)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.MATCHING)
    job = models.ForeignKey(Job, on_delete=models.SET_NULL, null=True, related_name="+")
    manifest = models.JSONField(default=dict)  # from a list that came with the photos: folded file name → roll number
    skipped = models.PositiveIntegerField(default=0)  # hidden files of ZIPs, which are no photos
    started_by = person_field(editable=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("batch of photos")
        verbose_name_plural = _("batches of photos")

    def __str__(self) -> str:
        return self.name


class BatchPhoto(UuidModel, TenantModel):
    """A photo of a batch: whose it is, and what became of it."""

    class State(models.TextChoices):
        UNMATCHED = "unmatched", _("Not matched")
        MATCHED = "matched", _("Matched")
        QUEUED = "queued", _("Waiting to be enrolled")
        ENROLLED = "enrolled", _("Enrolled")
        REFUSED = "refused", _("Refused")
        HELD = "held", _("Resembles another student")
        REMOVED = "removed", _("Removed")

    batch = models.ForeignKey(PhotoBatch, on_delete=models.CASCADE, related_name="items")
    file_name = models.CharField(_("file"), max_length=255)
    file_size = models.PositiveBigIntegerField(default=0)  # bytes, as it came
    file_hash = models.CharField(max_length=64)  # SHA-256: the same picture twice in a batch is one
    # Deleted once it is enrolled or removed.
    picture = models.ImageField(upload_to=batch_photo_path, max_length=200, blank=True)
    student = models.ForeignKey(Student, on_delete=models.SET_NULL, null=True, related_name="+")
    matched_by = models.CharField(max_length=20, blank=True)  # roll_number, name, manifest or person
    candidates = models.JSONField(default=list)  # ids of students it may be of, where that is not certain
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.UNMATCHED)
    reason = models.CharField(max_length=200, blank=True)  # why it was refused or not matched: a code
    photo = models.ForeignKey(FacePhoto, on_delete=models.SET_NULL, null=True, related_name="batch_photos")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["file_name"]
        verbose_name = _("photo of a batch")
        verbose_name_plural = _("photos of batches")
        indexes = [models.Index(fields=["batch", "state"], name="batch_photos_by_state")]
        constraints = [
            models.UniqueConstraint(fields=["batch", "file_hash"], name="once_a_picture_in_a_batch"),
        ]

    def __str__(self) -> str:
        return self.file_name
