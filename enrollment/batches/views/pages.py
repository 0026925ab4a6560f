"""Pages of photos in bulk: the batches, and each one's files, progress and report. Administrators alone."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from accounts.access import require_role
from accounts.http import SchoolRequest
from accounts.models import Role
from enrollment.batches.enrolling import photo_batch_enrol, photo_batch_pause
from enrollment.batches.receiving import photo_batch_create
from enrollment.batches.selectors import SECTIONS, batch_progress, batches_of, figures_of, report_of
from enrollment.batches.settling import photo_batch_delete, photo_batch_discard
from enrollment.decoding import CHOOSER
from enrollment.errors import EnrollmentError
from enrollment.models import PhotoBatch

A_PAGE = 30


@require_GET
def photos(request: SchoolRequest, institution: str) -> HttpResponse:
    """The school's batches of photos, and the ways to add more."""
    require_role(request, Role.ADMIN)
    page = Paginator(batches_of(request.institution), A_PAGE).get_page(request.GET.get("page"))
    return render(request, "enrollment/batches/photos.html", {"page": page})


@require_POST
def photo_batch_new(request: SchoolRequest, institution: str) -> HttpResponse:
    """Start a batch."""
    membership = require_role(request, Role.ADMIN)
    try:
        batch = photo_batch_create(institution=request.institution, by=membership.user)
    except EnrollmentError as error:
        messages.error(request, str(error))
        return redirect("photos", institution)
    return redirect("photo_batch", institution, batch.pk)


@require_GET
def photo_batch(request: SchoolRequest, institution: str, batch_id: UUID) -> HttpResponse:
    """A batch: what arrived, how far it is enrolled, and what is to be settled. For HTMX the part that changes."""
    batch = batch_or_404(request, batch_id)
    show_all = request.GET.get("show", "")
    context = {
        "batch": batch,
        "figures": figures_of(batch),
        "progress": batch_progress(batch),
        "report": report_of(batch, show_all=show_all if show_all in SECTIONS else ""),
        "chooser": f"{CHOOSER},.zip,.csv",
    }
    if not request.htmx:
        return render(request, "enrollment/batches/batch.html", context)
    response = render(request, "enrollment/batches/_figures.html", context)
    if batch.job is None or batch.job.is_ended:
        response["HX-Refresh"] = "true"  # the report, and what is to be done now, stand outside the part that follows
    return response


@require_POST
def photo_batch_start(request: SchoolRequest, institution: str, batch_id: UUID) -> HttpResponse:
    """Enrol the matched photos, or continue where it was stopped."""
    batch = batch_or_404(request, batch_id)
    try:
        photo_batch_enrol(batch=batch, by=request.user)
    except EnrollmentError as error:
        messages.error(request, str(error))
    return redirect("photo_batch", institution, batch_id)


@require_POST
def photo_batch_stop(request: SchoolRequest, institution: str, batch_id: UUID) -> HttpResponse:
    """Stop enrolling at the next photo."""
    photo_batch_pause(batch=batch_or_404(request, batch_id))
    return redirect("photo_batch", institution, batch_id)


@require_POST
def photo_batch_clear(request: SchoolRequest, institution: str, batch_id: UUID) -> HttpResponse:
    """Delete the photos that are matched with nobody."""
    n = photo_batch_discard(batch=batch_or_404(request, batch_id))
    messages.success(request, ngettext("%d photo deleted.", "%d photos deleted.", n) % n)
    return redirect("photo_batch", institution, batch_id)


@require_POST
def photo_batch_remove(request: SchoolRequest, institution: str, batch_id: UUID) -> HttpResponse:
    """Delete the batch and what waits in it; enrolled photos stay."""
    batch = batch_or_404(request, batch_id)
    try:
        photo_batch_delete(batch=batch)
    except EnrollmentError as error:
        messages.error(request, str(error))
        return redirect("photo_batch", institution, batch_id)
    messages.success(request, _("The batch has been deleted. Enrolled photos stay."))
    return redirect("photos", institution)


def batch_or_404(request: SchoolRequest, batch_id: UUID) -> PhotoBatch:
    """The school's batch, for its administrators. Raises PermissionDenied."""
    require_role(request, Role.ADMIN)
    batches = PhotoBatch.objects.for_institution(request.institution).select_related("institution", "job__institution")
    return get_object_or_404(batches, pk=batch_id)
