"""Pages of the consent form's wording: change it, and see it as families do."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import require_role
from accounts.http import SchoolRequest
from accounts.models import Role
from enrollment.consenting.forms import WordingForm
from enrollment.consenting.wording import (
    consent_form_save,
    current_form,
    free_version,
    has_changed,
    is_frozen,
    wording_in,
)
from enrollment.domain.consents import rules_of
from enrollment.errors import EnrollmentError


@require_http_methods(["GET", "POST"])
def consent_wording(request: SchoolRequest, institution: str) -> HttpResponse:
    """The wording in each language. Once a version is answered, saving other words makes a new one."""
    require_role(request, Role.ADMIN)
    form = WordingForm(request.institution, request.POST or None)
    frozen = form.stored is not None and is_frozen(form.stored)
    if request.method == "POST" and form.is_valid() and _is_saved(request, form):
        return redirect("consent_wording", institution)
    if frozen and request.method != "POST":
        form.fields["version"].initial = free_version(request.institution)
    context = {
        "form": form,
        "stored": form.stored,
        "is_frozen": frozen,
        "rules": rules_of(request.institution.law),
    }
    return render(request, "enrollment/consenting/wording.html", context)


def _is_saved(request: SchoolRequest, form: WordingForm) -> bool:
    data = form.cleaned_data
    values = {"version": data["version"], "valid_months": data["valid_months"], "texts": form.texts}
    same_words = form.stored is not None and {**values, "version": form.stored.version}
    if same_words and not has_changed(form.stored, **same_words):
        messages.info(request, _("Nothing has changed."))
        return True
    try:
        saved = consent_form_save(institution=request.institution, by=request.user, **values)
    except EnrollmentError as error:
        form.add_error("version" if error.code == "version_taken" else None, str(error))
        return False
    messages.success(request, _("Saved as %s. From now on families read this wording.") % saved.version)
    return True


@require_GET
def consent_preview(request: SchoolRequest, institution: str) -> HttpResponse:
    """The question as families read it, in one of its languages; nothing can be answered here."""
    require_role(request, Role.ADMIN)
    form = current_form(request.institution)
    if form is None:
        return redirect("consent_wording", institution)
    wording = wording_in(form, request.GET.get("language", ""), request.institution.language)
    context = {"form": form, "wording": wording, "wordings": form.wordings.all(), "is_preview": True}
    return render(request, "enrollment/consenting/preview.html", context)
