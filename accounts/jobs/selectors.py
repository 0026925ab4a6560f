"""Selectors of jobs: those of a school that a member may see, and how far one has come."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import Promise

from accounts.jobs.kinds import all_kinds, kind_of
from accounts.models import Job, Membership, Role

SETTLED = timedelta(seconds=10)  # for so long a job's pace says little: networks are loaded, caches filled


@dataclass(frozen=True, slots=True)
class JobProgress:
    """A job as pages show it. title: its kind's; result_page: an address, empty where there is none (yet);
    minutes_left: None while that cannot be told."""

    job: Job
    title: str | Promise
    is_stopping: bool
    result_page: str
    minutes_left: int | None = None


def job_progress(job: Job) -> JobProgress:
    kind = kind_of(job.kind)
    page = kind.result_page(job) if kind and kind.result_page and job.state == Job.State.DONE else ""
    is_stopping = job.stop_asked_at is not None and not job.is_ended
    left = minutes_left(job, timezone.now())
    return JobProgress(job, kind.title if kind else job.kind, is_stopping, page, left)


def minutes_left(job: Job, now: datetime) -> int | None:
    """Minutes that a running job still takes at its pace so far, rounded up; None while that cannot be told."""
    if job.state != Job.State.RUNNING or not job.total or not job.done or job.begun_at is None:
        return None
    since = now - job.begun_at
    if since < SETTLED:
        return None
    return ceil(since / job.done * max(job.total - job.done, 0) / timedelta(minutes=1))


def jobs_visible_to(membership: Membership) -> QuerySet[Job]:
    """The jobs of the member's school that they may see and stop, newest first: see `job_kind`."""
    jobs = Job.objects.for_institution(membership.institution)
    if membership.role != Role.ADMIN:
        jobs = jobs.filter(started_by=membership.user)
    kinds = [kind.name for kind in all_kinds() if membership.role in kind.roles]
    return jobs.filter(kind__in=kinds)
