"""The letter home about a student's attendance."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.http import SchoolRequest
from attendance.papers.forms import SheetForm
from attendance.papers.letter import letter_paper
from attendance.papers.typesetting import pdf_of, pdf_response
from attendance.rates.periods import chosen, periods_of
from attendance.reports.access import get_student_or_404, sees_all_of
from enrollment.access import Act, access_record


@require_GET
def letter_pdf(request: SchoolRequest, institution: str, student_id: UUID) -> HttpResponse:
    """The letter, for the office and the student's tutor. Raises Http404 for others."""
    student = get_student_or_404(request, student_id)
    if not sees_all_of(request.membership, student):
        raise Http404
    periods, shown = periods_of(request.institution), request.GET
    period = chosen(periods, shown.get("period"))
    data = letter_paper(student, by=request.membership, periods=periods, period=period, wished=SheetForm(shown).wished)
    pdf = pdf_of("letter", data)
    access_record(Act.EXPORTED, institution=request.institution, by=request.user, subject=student.pk, format="letter")
    return pdf_response(f"letter {student.roll_number} {timezone.localdate()}", pdf)
