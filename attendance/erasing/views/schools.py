"""Pages of the portal's operator: erasing a whole school, following it, and the signed receipts."""

from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import for_operators
from accounts.http import SchoolRequest
from accounts.models import Institution, Job
from attendance.erasing.closing import job_of, school_erase_ask, school_of
from attendance.erasing.forms import EraseSchoolForm
from attendance.erasing.receipts import backups_of, backups_stated, is_genuine
from attendance.erasing.school import school_contents
from attendance.erasing.shown import receipt_response, steps_shown
from enrollment.models import SchoolErasureReceipt

_A_PAGE = 50


@require_GET
@for_operators
def school_erasures(request: HttpRequest) -> HttpResponse:
    """Erasures of schools, newest first."""
    page = Paginator(SchoolErasureReceipt.objects.all(), _A_PAGE).get_page(request.GET.get("page"))
    return render(request, "attendance/erasing/schools.html", {"page": page})


@require_http_methods(["GET", "POST"])
@for_operators
def school_erase_confirm(request: SchoolRequest, school: str) -> HttpResponse:
    """Say what there is of a school, let its short name be typed, and start the erasure."""
    found = get_object_or_404(Institution, slug=school)
    form = EraseSchoolForm(request.POST or None, slug=found.slug)
    if request.method == "POST" and form.is_valid():
        receipt = school_erase_ask(institution=found, by=request.user)
        return redirect("school_erasure", receipt.pk)
    context = {
        "school": found, "form": form, "contents": school_contents(found), "backups": backups_of(timezone.now()),
    }  # fmt: skip
    return render(request, "attendance/erasing/school_ask.html", context)


@require_GET
@for_operators
def school_erasure(request: HttpRequest, receipt_id: UUID) -> HttpResponse:
    """An erasure: how far it has come, or its signed receipt."""
    receipt = get_object_or_404(SchoolErasureReceipt, pk=receipt_id)
    job = None if receipt.is_done else job_of(receipt)
    context = {
        "receipt": receipt,
        "steps": steps_shown(receipt.steps),
        "job": job,
        "is_running": job is not None and not job.is_ended,
        "failure": job.error if job and job.state == Job.State.FAILED else "",
    }
    if receipt.is_done:
        genuine = is_genuine(receipt.document, receipt.signature)
        context |= {"genuine": genuine, "backups": backups_stated(receipt.document)}
    return render(request, "attendance/erasing/school_receipt.html", context)


@require_POST
@for_operators
def school_erasure_resume(request: SchoolRequest, receipt_id: UUID) -> HttpResponse:
    """Go on with an erasure whose job failed."""
    receipt = get_object_or_404(SchoolErasureReceipt, pk=receipt_id)
    if school := school_of(receipt):
        school_erase_ask(institution=school, by=request.user)
    return redirect("school_erasure", receipt.pk)


@require_GET
@for_operators
def school_erasure_file(request: HttpRequest, receipt_id: UUID) -> HttpResponse:
    """The signed receipt as a file."""
    done = SchoolErasureReceipt.objects.filter(state=SchoolErasureReceipt.State.DONE)
    return receipt_response(get_object_or_404(done, pk=receipt_id))
