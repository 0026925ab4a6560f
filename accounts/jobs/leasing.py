"""The lease of a job's row: held by one process, given back with the row to wait or at its end."""

from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Job

State = Job.State
LEASE = timedelta(minutes=2)  # a job that says nothing for so long counts as dead


def held(job: Job) -> QuerySet[Job]:
    """The job's row while its lease is still the one that `job` was claimed with."""
    return Job.objects.filter(pk=job.pk, state=State.RUNNING, lease=job.lease)


def job_put_back(job: Job, *, after: timedelta = timedelta(0), **fields: Any) -> None:
    """Let a leased job wait, `after` that time, for a worker to resume it from its checkpoint."""
    _release(job, state=State.WAITING, due_at=timezone.now() + after, **fields)


def job_end(job: Job, state: Job.State, **fields: Any) -> None:
    """Write down how a leased job ended."""
    _release(job, state=state, ended_at=timezone.now(), **fields)


def _release(job: Job, **fields: Any) -> None:
    held(job).update(**{"lease": None, "lease_until": None, "done": job.done, "total": job.total} | fields)
