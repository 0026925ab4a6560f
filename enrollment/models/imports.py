"""Imports of files: what was read, what it changed, and how to undo it."""

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Job, person_field
from accounts.tenancy import TenantModel, UuidModel


def import_path(run: "ImportRun", filename: str) -> str:
    """Path of an imported file; its own name is kept in the row alone."""
    return f"imports/{run.institution_id}/{run.id}"


class ImportRun(UuidModel, TenantModel):
    """One file, or one bundle of files, on its way into the school's records."""

    class State(models.TextChoices):
        UPLOADED = "uploaded", _("To be checked")
        PREVIEWED = "previewed", _("Ready to import")
        APPLYING = "applying", _("Importing")
        APPLIED = "applied", _("Imported")
        UNDOING = "undoing", _("Undoing")
        UNDONE = "undone", _("Undone")
        FAILED = "failed", _("Failed")

    kind = models.CharField(_("contents"), max_length=40)
    file_name = models.CharField(_("file"), max_length=200)
    file = models.FileField(upload_to=import_path, blank=True)
    file_hash = models.CharField(max_length=64, blank=True)  # SHA-256 of the file
    # Encoding, separator, formats of dates; and which column is which field.
    options = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    columns = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.UPLOADED)
    summary = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    error = models.CharField(max_length=400, blank=True)
    job = models.ForeignKey(Job, on_delete=models.SET_NULL, null=True, related_name="+")
    started_by = person_field(editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    applied_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("import")
        verbose_name_plural = _("imports")

    def __str__(self) -> str:
        return self.file_name


class ImportChange(TenantModel):
    """One row that an import added, changed or removed, with what undoing needs."""

    class Action(models.TextChoices):
        ADD = "add", _("Added")
        CHANGE = "change", _("Changed")
        REMOVE = "remove", _("Removed")

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="changes")
    number = models.PositiveIntegerField()  # in the order in which they were made
    action = models.CharField(max_length=10, choices=Action.choices)
    model = models.CharField(max_length=60)  # such as enrollment.Student
    row_id = models.CharField(max_length=64)
    before = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    after = models.JSONField(default=dict, encoder=DjangoJSONEncoder)

    class Meta:
        ordering = ["run", "number"]
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="one_import_change_per_number")]

    def __str__(self) -> str:
        return f"{self.action} {self.model} {self.row_id}"
