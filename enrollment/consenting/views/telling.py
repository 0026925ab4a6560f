"""Noting that parents were told, where the law wants each of them told first."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.access import require_role
from accounts.http import SchoolRequest
from accounts.models import Role
from enrollment.consenting.forms import ParentForm, ToldForm
from enrollment.consenting.telling import parent_settle, parents_told
from enrollment.models import Student
from enrollment.scope import scope_of


@require_POST
def consents_told(request: SchoolRequest, institution: str) -> HttpResponse:
    """Note that the parents of the chosen students were told; without a choice, of all of the group or course."""
    require_role(request, Role.ADMIN)
    scope, form = scope_of(request.institution, request.POST), ToldForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(str(each) for each in form.errors.get("told_on", [])))
    elif not scope.query and scope.chosen is None:
        messages.error(request, _("Choose students first, or open a group or a course."))
    else:
        students = list(scope.students.select_related("institution").distinct())
        told = parents_told(students=students, on=form.cleaned_data["told_on"], by=request.user)
        messages.success(request, ngettext("%d parent noted as told.", "%d parents noted as told.", told) % told)
    return redirect(f"{reverse('consents', args=[institution])}?{scope.query or 'state=granted'}")


@require_POST
def consent_told(request: SchoolRequest, institution: str, student_id: UUID) -> HttpResponse:
    """Note of one parent when they were told, or why they cannot be."""
    require_role(request, Role.ADMIN)
    student = get_object_or_404(Student.objects.for_institution(request.institution), pk=student_id)
    form = ParentForm(request.POST)
    try:
        guardian = UUID(request.POST.get("guardian", ""))
        if form.is_valid():
            on, because = form.cleaned_data["told_on"], form.cleaned_data["because"]
            parent_settle(student=student, guardian=guardian, on=on, because=because, by=request.user)
            messages.success(request, _("Saved."))
        else:
            messages.error(request, " ".join(str(each) for errors in form.errors.values() for each in errors))
    except (ValueError, LookupError) as error:
        raise Http404 from error
    return redirect("consent_student", institution, student_id)
