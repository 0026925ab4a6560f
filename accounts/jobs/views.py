"""Pages of a job: how far it has come, and stopping it."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts.access import require_role
from accounts.http import SchoolRequest
from accounts.jobs.kinds import kind_of
from accounts.jobs.queue import job_cancel
from accounts.jobs.selectors import job_progress, jobs_visible_to
from accounts.models import Job, Role


@require_GET
def job(request: SchoolRequest, institution: str, job_id: UUID) -> HttpResponse:
    """The job's page; for HTMX the part of it that follows the progress."""
    return _shown(request, _job_or_404(request, job_id))


@require_POST
def job_stop(request: SchoolRequest, institution: str, job_id: UUID) -> HttpResponse:
    """Stop the job at its next step."""
    stopped = job_cancel(job=_job_or_404(request, job_id))
    return _shown(request, stopped) if request.htmx else redirect("job", institution, job_id)


def _shown(request: SchoolRequest, job: Job) -> HttpResponse:
    template = "accounts/jobs/_job.html" if request.htmx else "accounts/jobs/job.html"
    return render(request, template, {"progress": job_progress(job)})


def _job_or_404(request: SchoolRequest, job_id: UUID) -> Job:
    """A job that the visitor may see. Raises PermissionDenied for roles that its kind does not name."""
    found = get_object_or_404(Job.objects.for_institution(request.institution), pk=job_id)
    kind = kind_of(found.kind)
    require_role(request, *(kind.roles if kind else [Role.ADMIN]))
    return get_object_or_404(jobs_visible_to(request.membership), pk=job_id)
