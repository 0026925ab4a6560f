"""Running jobs: what a worker does with the job whose turn it is, and what becomes of jobs long ended."""

import logging
import random
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from datetime import timedelta

from django.db import InterfaceError, OperationalError
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.jobs.handle import JobFailed, JobHandle, JobLost, JobPostponed
from accounts.jobs.kinds import kind_of
from accounts.jobs.leasing import State, job_end, job_put_back
from accounts.jobs.queue import job_claim_next, jobs_due
from accounts.log_context import logged_as
from accounts.models import Job
from accounts.tracing import Told, traced

logger = logging.getLogger(__name__)
MOST_DEATHS = 5  # processes that may die with a job before it is given up
FIRST_DELAY = timedelta(seconds=5)
LONGEST_DELAY = timedelta(minutes=2)
KEPT = timedelta(days=30)


def job_take_up_next(*, is_stopping: Callable[[], bool] = lambda: False) -> bool:
    """Run the job whose turn it is until it ends or `is_stopping`. Returns whether there was one."""
    job = job_claim_next()
    if job:
        job_run(job=job, is_stopping=is_stopping)
    return job is not None


def jobs_resume() -> int:
    """Run every job that is due, where no worker does it; returns how many."""
    ran = 0
    while job_take_up_next():
        ran += 1
    return ran


def job_run(*, job: Job, is_stopping: Callable[[], bool] = lambda: False) -> Job:
    """Run a job that `job_claim_next` leased, and write down what came of it.

    Raises OperationalError or InterfaceError where the database does not answer: the job is resumed when its lease
    ends.
    """
    with translation.override(job.language), timezone.override(job.institution.zone), _logged(job), _traced(job):
        try:
            _work(job, is_stopping)
        except JobLost:
            logger.warning("Job %s (%s) said nothing for too long; another process has it", job.pk, job.kind)
        except JobFailed as failure:
            job_end(job, State.FAILED, error=str(failure)[:400])
        except JobPostponed as why:
            logger.warning("Job %s (%s) waits: %s", job.pk, job.kind, why)
            job_put_back(job, after=_delay(job), words=str(why)[:200], waits=min(job.waits + 1, 1000))
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            logger.exception("Job %s (%s) failed", job.pk, job.kind)
            job_end(job, State.FAILED, error=_fault())
    with suppress(Job.DoesNotExist):  # the job that erases a school goes with it
        job.refresh_from_db()
    return job


def _traced(job: Job) -> AbstractContextManager[Told]:
    return traced(f"job {job.kind}", {"portal.school": job.institution.slug, "portal.job": str(job.pk)})


def _logged(job: Job) -> AbstractContextManager[None]:
    return logged_as(school=job.institution.slug, job=job.pk)


def _work(job: Job, is_stopping: Callable[[], bool]) -> None:
    kind = kind_of(job.kind)
    if kind is None or job.stop_asked_at:  # its process died before it could stop
        job_end(job, State.CANCELLED)
        return
    if job.deaths >= MOST_DEATHS:
        raise JobFailed(_gave_up())
    handle = JobHandle(job, is_stopping=is_stopping, do_others_wait=lambda: jobs_due().exists())
    result = kind.work(handle)
    if not handle.was_stopped:
        job_end(job, State.DONE, result=dict(result), words="")
    elif Job.objects.filter(pk=job.pk, stop_asked_at=None).exists():
        job_put_back(job)
    else:
        job_end(job, State.CANCELLED)


def jobs_expire() -> int:
    """Delete jobs that ended a month ago, with what their kinds keep of them elsewhere; returns how many."""
    deleted = 0
    for job in Job.objects.filter(ended_at__lt=timezone.now() - KEPT).select_related("institution"):
        kind = kind_of(job.kind)
        try:
            if kind and kind.forget:
                kind.forget(job)
        except OSError:
            logger.exception("What job %s (%s) keeps could not be deleted; it is tried again", job.pk, job.kind)
            continue
        job.delete()
        deleted += 1
    return deleted


def _delay(job: Job) -> timedelta:
    """Doubling with each wait in a row, capped, and spread by chance over the upper half."""
    longest = min(FIRST_DELAY * 2 ** min(job.waits, 10), LONGEST_DELAY)
    return longest * random.uniform(0.5, 1)  # noqa: S311 - nothing to guess here


def _fault() -> str:
    return _("The portal made a mistake here. Please try again; if it happens again, tell the portal's operator.")


def _gave_up() -> str:
    return _(
        "This was interrupted several times and has been given up. Please start it again; if it happens again, tell "
        "the portal's operator."
    )
