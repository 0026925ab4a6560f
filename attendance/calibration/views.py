"""The face engine's error rates at this school, for its administrators, and the thresholds that they choose by them."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import require_role
from accounts.http import SchoolRequest
from accounts.models import Role
from attendance.calibration.errors import ProposalChanged
from attendance.calibration.forms import AdoptForm, WishForm
from attendance.calibration.report import WISH, read_report
from attendance.calibration.thresholds import threshold_adopt, thresholds_reset
from enrollment.domain.faces import FaceError


@require_GET
def calibration(request: SchoolRequest, institution: str) -> HttpResponse:
    """The present rates, rates against the threshold, and the threshold for a target false-match rate."""
    require_role(request, Role.ADMIN)
    form = WishForm(request.GET if "wish" in request.GET else {"wish": str(WISH)})
    wish = form.cleaned_data["wish"] if form.is_valid() else WISH
    try:
        report = read_report(request.institution, wish=wish)
    except FaceError as error:
        return render(request, "attendance/calibration/calibration.html", {"unavailable": str(error)})
    return render(request, "attendance/calibration/calibration.html", {"report": report, "form": form})


@require_http_methods(["GET", "POST"])
def calibration_threshold(request: SchoolRequest, institution: str) -> HttpResponse:
    """GET: the effect of adopting the proposed threshold. POST: adopts it."""
    membership = require_role(request, Role.ADMIN)
    form = AdoptForm(request.POST or request.GET)
    if not form.is_valid():
        return _back(request, WISH, _("No threshold was chosen. Nothing was changed."))
    wish, threshold = form.cleaned_data["wish"], form.cleaned_data["threshold"]
    try:
        if request.method == "POST":
            threshold_adopt(institution=request.institution, wish=wish, threshold=threshold, by=membership.user)
            messages.success(
                request, _("From the next photo on the threshold to mark is %s.") % number_format(threshold)
            )
            return redirect("calibration", institution)
        report = read_report(request.institution, wish=wish)
    except (ProposalChanged, FaceError) as error:
        return _back(request, wish, str(error))
    if report.proposal.threshold != threshold:
        return _back(request, wish, str(ProposalChanged()))
    return render(
        request,
        "attendance/calibration/calibration_threshold.html",
        {"report": report, "asked": report.asked_instead(threshold)},
    )


@require_POST
def calibration_own(request: SchoolRequest, institution: str) -> HttpResponse:
    """Reset to the thresholds that come with the engine."""
    membership = require_role(request, Role.ADMIN)
    thresholds_reset(institution=request.institution, by=membership.user)
    messages.success(request, _("From the next photo on the engine's own thresholds hold."))
    return redirect("calibration", institution)


def _back(request: SchoolRequest, wish: float, words: str) -> HttpResponse:
    messages.error(request, words)
    return redirect(f"{reverse('calibration', args=[request.institution.slug])}?{urlencode({'wish': wish})}")
