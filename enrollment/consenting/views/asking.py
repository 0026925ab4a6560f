"""Asking for consent: links by e-mail, forms to print, and the list for photo day."""

from uuid import UUID, uuid4

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import require_role
from accounts.http import SchoolRequest, id_in
from accounts.models import Role
from enrollment.access import Act, access_record
from enrollment.consenting.addresses import address_correct
from enrollment.consenting.asking import consent_links_send
from enrollment.consenting.labels import ASKED
from enrollment.consenting.printing import MOST_PAGES, blank_page, photo_day_rows, printed_pages
from enrollment.consenting.rows import in_state, with_answers
from enrollment.consenting.wording import current_form
from enrollment.domain.consents import TO_ASK
from enrollment.errors import EnrollmentError
from enrollment.models import Student, consent_state
from enrollment.scope import scope_of


@require_POST
def consents_send(request: SchoolRequest, institution: str) -> HttpResponse:
    """Send the link about the chosen students; without a choice, about all on the list who are to be asked."""
    require_role(request, Role.ADMIN)
    scope, wanted = scope_of(request.institution, request.POST), request.POST.get("state", "")
    students = scope.students
    if scope.chosen is None and wanted in ASKED:
        students = in_state(students, wanted)
    elif scope.chosen is None:
        students = students.annotate(state=consent_state()).filter(state__in=[state.value for state in TO_ASK])
    try:
        job = consent_links_send(
            institution=request.institution,
            students=list(students.order_by().values_list("pk", flat=True).distinct()),
            by=request.user,
            addresses=request,
            nonce=id_in(request.POST.get("nonce", "")) or uuid4(),
        )
    except EnrollmentError as error:
        messages.error(request, str(error))
        return redirect("consent_wording" if error.code == "no_form" else "consents", institution)
    return redirect("job", institution, job.pk)


@require_http_methods(["GET", "POST"])
def consents_print(request: SchoolRequest, institution: str) -> HttpResponse:
    """Forms to print, one page a student, or a blank one. A POST carries the students who were chosen in a list."""
    require_role(request, Role.ADMIN)
    form = current_form(request.institution)
    if form is None:
        return redirect("consent_wording", institution)
    if "blank" in request.GET:
        blank = blank_page(form, request.GET["blank"])
        pages, more = [blank] if blank else [], 0
    else:
        scope = scope_of(request.institution, request.POST if request.method == "POST" else request.GET)
        rows = with_answers(scope.students) if scope.chosen else in_state(with_answers(scope.students), "pending")
        pages, more = printed_pages(form, request.institution, rows[:MOST_PAGES]), max(rows.count() - MOST_PAGES, 0)
    _record_export(request, "consent forms", len(pages))
    return render(request, "enrollment/consenting/print.html", {"pages": pages, "form": form, "more": more})


@require_GET
def photo_day(request: SchoolRequest, institution: str) -> HttpResponse:
    """The list for photo day: students with a yes or no, to be printed by group or course."""
    require_role(request, Role.ADMIN)
    scope = scope_of(request.institution, request.GET)
    rows = photo_day_rows(request.institution, scope.students)
    _record_export(request, "photo day", len(rows))
    allowed = sum(row.is_allowed for row in rows)
    context = {"scope": scope, "rows": rows, "allowed": allowed}
    return render(request, "enrollment/consenting/photo_day.html", context)


@require_POST
def consent_address(request: SchoolRequest, institution: str, student_id: UUID) -> HttpResponse:
    """Correct the address of a person who decides about a student, then lead back to the list."""
    require_role(request, Role.ADMIN)
    student = get_object_or_404(Student.objects.for_institution(request.institution), pk=student_id)
    person = id_in(request.POST.get("person", "")) or uuid4()  # nobody: as of an id that is unknown
    try:
        name = address_correct(student=student, person=person, email=request.POST.get("email", ""), by=request.user)
    except LookupError as error:
        raise Http404 from error
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("The address of %s is corrected. You can send the link now.") % name)
    at = request.POST.get("at", "")
    return redirect(f"{reverse('consents', args=[institution])}?{QueryDict(at).urlencode() or 'state=pending'}")


def _record_export(request: SchoolRequest, what: str, count: int) -> None:
    access_record(Act.EXPORTED, institution=request.institution, by=request.user, what=what, count=count)
