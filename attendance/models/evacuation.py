"""Visitors, and evacuations with everybody's place and tick."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import person_field
from accounts.names import NameField
from accounts.tenancy import TenantModel, UuidModel
from enrollment.models import Student


class Visitor(UuidModel, TenantModel):
    """Somebody who is in the building without being of the school."""

    name = NameField(_("name"), max_length=120)
    host = NameField(_("visits"), max_length=120, blank=True)
    place = NameField(_("where"), max_length=80, blank=True)
    arrived_at = models.DateTimeField(default=timezone.now)
    left_at = models.DateTimeField(null=True)
    entered_by = person_field(editable=False)

    class Meta:
        ordering = ["-arrived_at"]
        indexes = [models.Index(fields=["institution", "arrived_at"], name="visitors_by_arrival")]

    def __str__(self) -> str:
        return self.name


class Evacuation(UuidModel, TenantModel):
    """An evacuation or a drill. Its key comes from the device that began it, perhaps without a network."""

    is_drill = models.BooleanField(default=False)
    started_at = models.DateTimeField()
    started_by = person_field(editable=False)
    ended_at = models.DateTimeField(null=True)
    ended_by = person_field(editable=False)
    assembly = NameField(_("assembly point"), max_length=120, blank=True)
    note = models.TextField(_("note"), max_length=2000, blank=True)
    # Begun on a second device while one was running: what is ticked here belongs there.
    joined_to = models.ForeignKey("self", on_delete=models.CASCADE, null=True, related_name="joined")

    class Meta:
        ordering = ["-started_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["institution"], condition=Q(ended_at=None, joined_to=None), name="one_evacuation_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M}"


class EvacuationPerson(TenantModel):
    """Somebody on an evacuation's list: where they were when it began, and whether they were seen since.

    Students and visitors have no name of their own here, so that it goes with them.
    """

    evacuation = models.ForeignKey(Evacuation, on_delete=models.CASCADE, related_name="people")
    subject = models.UUIDField()  # of the student, the visitor, or the member of staff's account
    student = models.ForeignKey(Student, on_delete=models.CASCADE, null=True, related_name="+")
    visitor = models.ForeignKey(Visitor, on_delete=models.CASCADE, null=True, related_name="+")
    staff_name = NameField(max_length=120, blank=True)
    place = models.CharField(max_length=80, blank=True)
    teacher = models.CharField(max_length=200, blank=True)
    group = models.CharField(max_length=80, blank=True)
    is_expected = models.BooleanField(default=True)
    standing = models.CharField(max_length=10, blank=True)
    seen_at = models.DateTimeField(null=True)  # the tick
    seen_by = person_field(editable=False)
    said_at = models.DateTimeField(null=True)  # the last word, a tick or its taking back: a later one counts
    changed_at = models.DateTimeField(null=True)  # when that word came in: what other devices ask for

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["institution", "evacuation", "subject"], name="once_on_an_evacuation_list"),
        ]

    def __str__(self) -> str:
        return f"{self.evacuation_id} {self.subject}"
