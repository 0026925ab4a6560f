"""Papers to print: a lesson's register, and an empty one."""

from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.http import SchoolRequest
from attendance.lessons.access import get_session_or_404
from attendance.papers.forms import SheetForm
from attendance.papers.register import blank_paper, register_paper
from attendance.papers.typesetting import pdf_of, pdf_response
from enrollment.access import Act, access_record


@require_GET
def register_pdf(request: SchoolRequest, institution: str, session_id: UUID) -> HttpResponse:
    """The register as it is now."""
    found = get_session_or_404(request, session_id)
    pdf = pdf_of("register", register_paper(found, SheetForm(request.GET).wished))
    access_record(Act.EXPORTED, institution=request.institution, by=request.user, session=found.pk, format="pdf")
    return pdf_response(f"{_('Register')} {found.course.name} {found.local_date}", pdf)


@require_GET
def blank_pdf(request: SchoolRequest, institution: str, session_id: UUID) -> HttpResponse:
    """An empty register of the lesson, to be filled in by hand."""
    found = get_session_or_404(request, session_id)
    pdf = pdf_of("register", blank_paper(found, SheetForm(request.GET).wished))
    access_record(Act.EXPORTED, institution=request.institution, by=request.user, session=found.pk, format="pdf")
    return pdf_response(f"{_('Register')} {found.course.name} {found.local_date}", pdf)
