"""The way of a job's row: started, leased by one process at a time, put back, ended."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone, translation

from accounts.jobs.kinds import all_kinds, kind_of
from accounts.leases import Turns, unlocked
from accounts.models import Institution, Job, User

State = Job.State
LEASE = timedelta(minutes=2)  # a job that says nothing for so long counts as dead
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
