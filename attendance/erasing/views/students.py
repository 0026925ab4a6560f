"""Pages of erasures: asking for one, following it, its receipt, and checking a receipt. For administrators."""

from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import require_role
from accounts.http import SchoolRequest
from accounts.jobs import job_progress
from accounts.models import Role
from attendance.erasing.errors import NoReceipt, OtherSchool, ReceiptChanged
from attendance.erasing.forms import EraseForm, VerifyForm
from attendance.erasing.receipts import backups_of, backups_stated, is_genuine, receipt_verify
from attendance.erasing.shown import contents_of, receipt_response, steps_shown
from attendance.erasing.student import erasure_continue, erasures_of, student_erase
from enrollment.access import Act, access_record
from enrollment.models import ErasureReceipt, ErasureScope, Student

_A_PAGE = 50


@require_GET
def erasures(request: SchoolRequest, institution: str) -> HttpResponse:
    """The school's erasures, newest first."""
    require_role(request, Role.ADMIN)
    page = Paginator(erasures_of(request.institution), _A_PAGE).get_page(request.GET.get("page"))
    return render(request, "attendance/erasing/list.html", {"page": page})


@require_http_methods(["GET", "POST"])
def student_erase_ask(request: SchoolRequest, institution: str, student_id: UUID) -> HttpResponse:
    """Say what there is of a student, ask what is to go, and start the erasure."""
    require_role(request, Role.ADMIN)
    students = Student.objects.for_institution(request.institution).select_related("institution")
    student = get_object_or_404(students, pk=student_id)
    form = EraseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        scope, reason = ErasureScope(form.cleaned_data["scope"]), form.cleaned_data["reason"]
        receipt = student_erase(student=student, scope=scope, reason=reason, by=request.user)
        return redirect("erasure", institution, receipt.pk)
    backups = backups_of(timezone.now())
    context = {"student": student, "form": form, "contents": contents_of(student), "backups": backups}
    return render(request, "attendance/erasing/ask.html", context)


@require_GET
def erasure(request: SchoolRequest, institution: str, receipt_id: UUID) -> HttpResponse:
    """An erasure: how far it has come, or its signed receipt."""
    receipt = _receipt_or_404(request, receipt_id)
    return render(request, "attendance/erasing/receipt.html", _context(receipt))


@require_POST
def erasure_resume(request: SchoolRequest, institution: str, receipt_id: UUID) -> HttpResponse:
    """Go on with an erasure whose job failed or was stopped."""
    receipt = _receipt_or_404(request, receipt_id)
    erasure_continue(receipt=receipt, by=request.user)
    return redirect("erasure", institution, receipt.pk)


@require_GET
def erasure_file(request: SchoolRequest, institution: str, receipt_id: UUID) -> HttpResponse:
    """The signed receipt as a file."""
    receipt = get_object_or_404(_done(request), pk=receipt_id)
    school = request.institution
    access_record(Act.EXPORTED, institution=school, by=request.user, subject=receipt.subject, what="erasure receipt")
    return receipt_response(receipt)


@require_http_methods(["GET", "POST"])
def erasure_verify(request: SchoolRequest, institution: str) -> HttpResponse:
    """Say whether a receipt is genuine."""
    require_role(request, Role.ADMIN)
    form = VerifyForm(request.POST or None, request.FILES or None)
    context: dict[str, Any] = {"form": form}
    if request.method == "POST" and form.is_valid():
        try:
            context |= _verified(request, form.cleaned_data["file"])
        except (NoReceipt, ReceiptChanged, OtherSchool) as error:
            form.add_error("file", str(error))
    return render(request, "attendance/erasing/verify.html", context)


def _verified(request: SchoolRequest, text: str) -> dict[str, Any]:
    """The verified statement and its steps. Raises NoReceipt, ReceiptChanged, OtherSchool."""
    document = receipt_verify(text)
    if document["school"]["id"] != str(request.institution.pk) or "student" not in document:
        raise OtherSchool
    return {"document": document, "steps": steps_shown(document["steps"])}


def _done(request: SchoolRequest) -> Any:
    require_role(request, Role.ADMIN)
    return erasures_of(request.institution).filter(state=ErasureReceipt.State.DONE)


def _receipt_or_404(request: SchoolRequest, receipt_id: UUID) -> ErasureReceipt:
    require_role(request, Role.ADMIN)
    receipt: ErasureReceipt = get_object_or_404(erasures_of(request.institution), pk=receipt_id)
    return receipt


def _context(receipt: ErasureReceipt) -> dict[str, Any]:
    context: dict[str, Any] = {"receipt": receipt, "steps": steps_shown(receipt.steps)}
    if receipt.is_done:
        genuine = is_genuine(receipt.document, receipt.signature)
        return context | {"genuine": genuine, "backups": backups_stated(receipt.document)}
    is_running = receipt.job is not None and not receipt.job.is_ended
    return context | {"progress": job_progress(receipt.job) if is_running and receipt.job else None}
