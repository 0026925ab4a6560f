"""Page for the answers of paper forms: a class list with one tap a student."""

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.access import require_role
from accounts.http import SchoolRequest
from accounts.models import Role
from enrollment.consenting.forms import PaperForm, PaperRow, paper_rows
from enrollment.consenting.paper import PaperOutcome, paper_answers_record
from enrollment.consenting.rows import with_answers
from enrollment.consenting.wording import current_form
from enrollment.scope import Scope, scope_of

MOST_ROWS = 200  # a pile of forms; of a whole school the first ones


@require_http_methods(["GET", "POST"])
def consents_paper(request: SchoolRequest, institution: str) -> HttpResponse:
    """The class list; a POST without `save` carries the students who were chosen on another page."""
    require_role(request, Role.ADMIN)
    if current_form(request.institution) is None:
        messages.info(request, _("First check the wording of your form. Then record the answers."))
        return redirect("consent_wording", institution)
    scope = scope_of(request.institution, request.POST if request.method == "POST" else request.GET)
    students = list(with_answers(scope.students)[:MOST_ROWS])
    if "save" not in request.POST:
        return _page(request, scope, PaperForm(request.institution), paper_rows(students, None))
    form, rows = PaperForm(request.institution, request.POST), paper_rows(students, request.POST)
    if not form.is_valid() or any(row.error for row in rows):
        return _page(request, scope, form, rows)
    answers = [(row.student, form.answer_of(row)) for row in rows if row.letter]
    outcome = paper_answers_record(answers=answers, recorded_by=request.user)
    _tell(request, outcome)
    if outcome.errors:
        failed = [row for row in rows if row.student in outcome.errors]
        for row in failed:
            row.error = outcome.errors[row.student]
        return _page(request, scope, form, failed)
    return redirect(f"{reverse('consents', args=[institution])}?{scope.query}")


def _page(request: SchoolRequest, scope: Scope, form: PaperForm, rows: Sequence[PaperRow]) -> HttpResponse:
    return render(request, "enrollment/consenting/paper.html", {"scope": scope, "form": form, "rows": rows})


def _tell(request: SchoolRequest, outcome: PaperOutcome) -> None:
    if not outcome.granted and not outcome.refused and not outcome.errors:
        messages.info(request, _("No answer was marked, so nothing was recorded."))
    if outcome.granted:
        text = ngettext("%d consent recorded.", "%d consents recorded.", outcome.granted)
        messages.success(request, text % outcome.granted)
    if outcome.refused:
        text = ngettext("%d refusal recorded.", "%d refusals recorded.", outcome.refused)
        messages.success(request, text % outcome.refused)
    if outcome.erased:
        text = ngettext("Face data of %d student erased.", "Face data of %d students erased.", outcome.erased)
        messages.success(request, text % outcome.erased)
