"""The queue of jobs: started, cancelled, leased to one process at a time."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone, translation

from accounts.jobs.kinds import all_kinds, kind_of
from accounts.jobs.leasing import LEASE, State
from accounts.leases import Turns, unlocked
from accounts.models import Institution, Job, User

_TRIES = 5  # of a turn: others may be faster with the jobs of the school whose turn it is
_turns = Turns(since="due_at")


def job_start(
    *,
    institution: Institution,
    kind: str,
    by: User | None,
    parameters: Mapping[str, Any] | None = None,
    nonce: UUID | None = None,
    after: timedelta = timedelta(0),
    words: str = "",
) -> Job:
    """Queue a job; a worker takes it up once the transaction is through. The same nonce again returns the first job.

    by: the person who started it; None: the portal itself. after: a pause before it begins, in which it can be taken
    back; words: said to the person meanwhile. Raises LookupError for an unregistered kind.
    """
    if kind_of(kind) is None:
        raise LookupError(f"There is no kind of job called {kind}.")
    key = uuid4() if nonce is None else uuid5(institution.pk, f"{kind}:{nonce}")
    job, _is_new = Job.objects.get_or_create(
        pk=key,
        institution=institution,
        defaults={
            "kind": kind,
            "parameters": dict(parameters or {}),
            "started_by": by,
            "language": translation.get_language() or "en",
            "due_at": timezone.now() + after,
            "words": words,
        },
    )
    return job


def job_cancel(*, job: Job) -> Job:
    """Stop a job: at once if nobody runs it, else at its next step. What it has done by then stays done."""
    now = timezone.now()
    rows = Job.objects.filter(pk=job.pk, ended_at=None)
    rows.filter(_free(now)).update(state=State.CANCELLED, stop_asked_at=now, ended_at=now, lease=None, lease_until=None)
    rows.filter(state=State.RUNNING, stop_asked_at=None).update(stop_asked_at=now)
    job.refresh_from_db()
    return job


def jobs_due() -> QuerySet[Job]:
    """Jobs to be run now, of kinds known here: new, postponed until now, or left behind by a process that died."""
    now = timezone.now()
    return Job.objects.filter(_free(now), kind__in=[kind.name for kind in all_kinds()], due_at__lte=now)


def job_claim_next() -> Job | None:
    """Lease the job whose turn it is, schools one after the other. None if there is none.

    A job left behind by a process that died counts that death.
    """
    for _ in range(_TRIES):
        school = _turns.next_school(jobs_due())
        if school is None:
            return None
        with transaction.atomic():
            job = unlocked(jobs_due().filter(institution_id=school).order_by("due_at")).first()
            if job and _claim(job):
                return Job.objects.select_related("institution", "started_by").get(pk=job.pk)
    return None


def job_claim(job: Job) -> Job | None:
    """Lease this very job, whosever turn it is; None while another process has it, or once it has ended."""
    rows = Job.objects.filter(_free(timezone.now()), pk=job.pk, ended_at=None)
    with transaction.atomic():
        free = unlocked(rows).first()
        if free is None or not _claim(free):
            return None
        return Job.objects.select_related("institution", "started_by").get(pk=job.pk)


def _claim(job: Job) -> int:
    now = timezone.now()
    has_died = job.state == State.RUNNING
    return Job.objects.filter(_free(now), pk=job.pk).update(
        state=State.RUNNING,
        lease=uuid4(),
        lease_until=now + LEASE,
        deaths=F("deaths") + int(has_died),
        begun_at=Coalesce(F("begun_at"), now),
    )


def _free(now: datetime) -> Q:
    """Of jobs that nobody runs."""
    return Q(state=State.WAITING) | Q(state=State.RUNNING, lease_until__lt=now)
