"""Erasure of a whole school by a job: asked for by the portal's operator, or by those who tried a practice school."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.jobs import JobHandle, JobPostponed, job_kind, job_start
from accounts.models import Institution, Job, User
from attendance.erasing.school import school_close, school_erase
from attendance.repositories.base import RegisterError
from enrollment.errors import ErasureUnfinished
from enrollment.models import SchoolErasureReceipt

KIND = "school_erase"
STEP_TITLES: dict[str, str | Promise] = {
    "faces": gettext_lazy("Face vectors"),
    "marks": gettext_lazy("Marks and their history"),
    "files": gettext_lazy("Picture files"),
    "students": gettext_lazy("Students"),
}


class _Stopped(Exception):
    """The worker is to end: another one goes on."""


def school_erase_ask(*, institution: Institution, by: User) -> SchoolErasureReceipt:
    """Close a school and let a worker erase it. Returns the receipt, which is signed at the end.

    Asking again goes on with an erasure whose job failed.
    """
    with transaction.atomic():
        receipt = school_close(institution, by=by.name)
        if not _jobs(receipt).filter(ended_at=None).exists():
            job_start(institution=institution, kind=KIND, by=by)
    return receipt


def school_of(receipt: SchoolErasureReceipt) -> Institution | None:
    """The school that is being erased; None once it is gone."""
    return Institution.objects.filter(pk=receipt.subject).first()


def job_of(receipt: SchoolErasureReceipt) -> Job | None:
    """The latest job of an erasure; None once the school is gone, and its jobs with it."""
    return _jobs(receipt).select_related("institution").first()


def _jobs(receipt: SchoolErasureReceipt) -> QuerySet[Job]:
    return Job.objects.filter(institution=receipt.subject, kind=KIND)


@job_kind(KIND, title=gettext_lazy("Erasure of a school"), roles=[])  # nobody of the school gets in any more
def school_erase_run(job: JobHandle) -> Mapping[str, Any]:
    """Erase step by step. After a crash the same steps are done again: what is gone stays gone."""
    done = 0

    def beat() -> None:
        if job.should_stop:
            raise _Stopped
        job.progress(done, len(STEP_TITLES))

    by = job.started_by.name if job.started_by else ""
    try:
        for done, step in enumerate(school_erase(institution=job.institution, by=by, beat=beat), 1):  # noqa: B007
            if step != "rows":  # else the job's own row is gone too
                beat()
    except _Stopped:
        return {}
    except (ErasureUnfinished, RegisterError) as error:
        raise JobPostponed(str(error)) from error
    except OSError as error:
        sentence = _(
            "The store of photos could not be reached, so files are still to be deleted. It will be tried again."
        )
        raise JobPostponed(sentence) from error
    return {}
