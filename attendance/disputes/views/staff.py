"""Page of decisions: disputes and excuses that wait for a member of staff, and what was decided lately."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.access import require_staff
from accounts.http import SchoolRequest
from accounts.models import User
from attendance.captures.resembling import Found, faces_resembling
from attendance.disputes.cards import cards_of
from attendance.disputes.disputing import dispute_correct, dispute_keep, dispute_undecide
from attendance.disputes.selectors import disputes_decidable, disputes_decided_lately, disputes_to_decide
from attendance.domain.statuses import Status
from attendance.errors import AttendanceError
from attendance.excuses.forms import DecisionForm
from attendance.excuses.returning import page_before
from attendance.excuses.selectors import excuses_decided_lately, excuses_to_decide
from attendance.models import Dispute
from attendance.repositories.base import StoreUnavailable
from enrollment.access import Act, access_record, accesses_record
from enrollment.selectors import portraits_of

_MOST = 20  # of each kind on the page: the next ones follow once these are decided
_LATELY = 10
_VERBS = {"present": Status.PRESENT, "late": Status.LATE}


@require_GET
def decisions(request: SchoolRequest, institution: str) -> HttpResponse:
    """Disputes first, then excuses, oldest first; then the latest decisions, each with its undo."""
    membership = require_staff(request)
    disputes, excuses = disputes_to_decide(membership), excuses_to_decide(membership)
    shown, asked = list(disputes[:_MOST]), list(excuses[:_MOST])
    lately = [*disputes_decided_lately(membership)[:_LATELY], *excuses_decided_lately(membership)[:_LATELY]]
    lately.sort(key=lambda each: each.decided_at or each.created_at, reverse=True)
    seen = {each.student_id for each in [*shown, *asked, *lately[:_LATELY]]}
    if seen:
        accesses_record(Act.REQUESTS_SEEN, institution=request.institution, by=request.user, subjects=seen)
    context = {
        "cards": cards_of(shown),
        "excuses": asked,
        "lately": lately[:_LATELY],
        "disputes_in_all": disputes.count(),
        "excuses_in_all": excuses.count(),
    }
    return render(request, "attendance/disputes/decisions.html", context)


@require_GET
def dispute_faces(request: SchoolRequest, institution: str, dispute_id: UUID) -> HttpResponse:
    """The faces in the lesson's photos that nobody is named for and that resemble the student; a part of the page."""
    dispute = _dispute_or_404(request, dispute_id)
    seen = faces_resembling(dispute.session, dispute.student)
    if seen.found == Found.FACES:
        access_record(
            Act.PHOTO_SEEN, institution=request.institution, by=request.user, subject=dispute.student_id,
            session=dispute.session_id,
        )  # fmt: skip
    portrait = portraits_of(request.institution, [dispute.student_id]).get(dispute.student_id)
    context = {"dispute": dispute, "seen": seen, "portrait": portrait if seen.found == Found.FACES else None}
    return render(request, "attendance/disputes/_faces.html", context)


@require_POST
def dispute_decide(request: SchoolRequest, institution: str, dispute_id: UUID) -> HttpResponse:
    """Correct the mark, keep it with a reason, or take the decision back."""
    dispute = _dispute_or_404(request, dispute_id)
    form = DecisionForm(request.POST)
    if not form.is_valid() or form.cleaned_data["verb"] not in (*_VERBS, "keep", "undo"):
        return HttpResponseBadRequest()
    try:
        messages.success(request, _decide(dispute, form, request.user))
    except (AttendanceError, StoreUnavailable) as error:
        messages.error(request, str(error))
    return redirect(page_before(request))


def _dispute_or_404(request: SchoolRequest, dispute_id: UUID) -> Dispute:
    return get_object_or_404(disputes_decidable(require_staff(request)), pk=dispute_id)


def _decide(dispute: Dispute, form: DecisionForm, by: User) -> str:
    """Do it; returns a sentence for the person. Raises the errors of the verbs."""
    verb = form.cleaned_data["verb"]
    if verb in _VERBS:
        version = form.cleaned_data["version"] or 0
        dispute_correct(dispute=dispute, status=_VERBS[verb], by=by, expected_version=version)
        return _("Corrected. The student can see it.")
    if verb == "keep":
        dispute_keep(dispute=dispute, by=by, answer=form.cleaned_data["answer"])
        return _("Not changed. The student will read your reason.")
    dispute_undecide(dispute=dispute, by=by)
    return _("Undone. It waits for a decision again.")
