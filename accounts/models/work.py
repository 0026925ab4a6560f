"""Rows of the portal's own work: counted paid calls, long jobs, and duties of one process at a time."""

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.institutions import Institution
from accounts.models.people import User
from accounts.tenancy import TenantModel, UuidModel


class PaidCalls(TenantModel):
    """Number of calls of a paid operation by an institution in a month. Written by `accounts.metering` alone."""

    institution = models.ForeignKey(Institution, on_delete=models.CASCADE, related_name="paid_calls")
    month = models.DateField()  # its first day; months are UTC's, as AWS bills
    service = models.CharField(max_length=20)
    operation = models.CharField(max_length=60)
    calls = models.FloatField(default=0)  # units of capacity come in halves

    class Meta:
        ordering = ["month", "service", "operation"]
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "month", "service", "operation"], name="one_count_per_operation_and_month"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.service} {self.operation}: {self.calls:g}"


class Job(UuidModel, TenantModel):
    """A piece of work that takes longer than a request may: see `accounts.jobs`, which alone writes it."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting to start")
        RUNNING = "running", _("Running")
        DONE = "done", _("Finished")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Stopped")

    kind = models.CharField(max_length=40)
    parameters = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    started_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    language = models.CharField(max_length=10)  # of the person who started it: words, error and result are in it
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(null=True)  # None: not known
    words = models.CharField(max_length=200, blank=True)  # what it is doing now
    checkpoint = models.JSONField(default=dict, encoder=DjangoJSONEncoder)  # where to resume; empty: from the beginning
    result = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    error = models.CharField(max_length=400, blank=True)  # one sentence for people
    due_at = models.DateTimeField(default=timezone.now)  # not before
    lease = models.UUIDField(null=True)  # of the process that runs it
    lease_until = models.DateTimeField(null=True)
    deaths = models.PositiveSmallIntegerField(default=0)  # processes that died with it
    waits = models.PositiveSmallIntegerField(default=0)  # times in a row that it was postponed
    created_at = models.DateTimeField(default=timezone.now)
    begun_at = models.DateTimeField(null=True)
    stop_asked_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["state", "due_at"], name="job_unfinished")]

    def __str__(self) -> str:
        return f"{self.kind} · {self.created_at:%Y-%m-%d %H:%M}"

    @property
    def is_ended(self) -> bool:
        """True if the job has ended: it will not run again by itself."""
        return self.ended_at is not None


class Duty(models.Model):
    """Something that one process at a time does for all schools, such as the sweep: see `accounts.leases`."""

    name = models.CharField(primary_key=True, max_length=40)
    holder = models.UUIDField(null=True)
    until = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name
