"""The office's page of personal photo links. Administrators alone."""

from typing import Any, TypeVar
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import require_role
from accounts.http import SchoolRequest, id_in
from accounts.models import Role
from enrollment.batches.forms import GroupLinksForm, LinkForm
from enrollment.batches.links import (
    checks_turns,
    consenting,
    photo_link_create,
    photo_link_revoke,
    photo_links_of,
)
from enrollment.batches.mailing import links_sent, mails_of_links, photo_links_send
from enrollment.errors import EnrollmentError
from enrollment.models import Group

A_PAGE = 30
FormOfLinks = TypeVar("FormOfLinks", LinkForm, GroupLinksForm)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def photo_links(request: SchoolRequest, institution: str) -> HttpResponse:
    """The links, and the form that makes one. The answer to the form alone shows the new address."""
    membership = require_role(request, Role.ADMIN)
    form = _without_check(LinkForm(request.institution, request.POST if request.method == "POST" else None), request)
    made, address = None, ""
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            made, token = photo_link_create(
                student=data["student"],
                days=data["days"],
                with_liveness=data.get("with_liveness", False),
                by=membership.user,
            )
        except EnrollmentError as error:
            form.add_error(None, str(error))
        else:
            address = request.build_absolute_uri(reverse("own_photos", args=[token]))
            form = _without_check(LinkForm(request.institution), request)
    consent = consenting(made.student) if made else None
    return _page(request, form=form, made=made, address=address, consent=consent)


@require_POST
def photo_links_mail(request: SchoolRequest, institution: str) -> HttpResponse:
    """Mail a link to each student of a group. It leads to the job that does so."""
    membership = require_role(request, Role.ADMIN)
    form = _without_check(GroupLinksForm(request.institution, request.POST), request)
    if form.is_valid():
        data = form.cleaned_data
        try:
            job = photo_links_send(
                group=data["group"], days=data["days"], with_liveness=data.get("with_liveness", False),
                by=membership.user, addresses=request, nonce=data["nonce"],
            )  # fmt: skip
        except EnrollmentError as error:
            form.add_error(None, str(error))
        else:
            return redirect("job", institution, job.pk)
    return _page(request, form=_without_check(LinkForm(request.institution), request), group_form=form)


def _page(request: SchoolRequest, **context: Any) -> HttpResponse:
    context.setdefault("group_form", _without_check(GroupLinksForm(request.institution), request))
    page = Paginator(photo_links_of(request.institution), A_PAGE).get_page(request.GET.get("page"))
    groups = Group.objects.for_institution(request.institution).filter(is_active=True)
    mails = mails_of_links(list(page), request.institution)
    lines = [(link, mails.get(link.pk)) for link in page]
    context |= {"page": page, "lines": lines, "sent": _counts(request), "has_groups": groups.exists()}
    return render(request, "enrollment/batches/links.html", context)


def _without_check(form: FormOfLinks, request: SchoolRequest) -> FormOfLinks:
    """The form, without the question for a check that no page can show here."""
    if not checks_turns(request.institution):
        del form.fields["with_liveness"]
    return form


def _counts(request: SchoolRequest) -> dict[str, int] | None:
    """Counts of the job that the address names; None if it names none of the school's."""
    job = id_in(request.GET.get("job", ""))
    return links_sent(request.institution, job) if job else None


@require_POST
def photo_link_end(request: SchoolRequest, institution: str, link_id: UUID) -> HttpResponse:
    """Take a link back."""
    require_role(request, Role.ADMIN)
    link = get_object_or_404(photo_links_of(request.institution), pk=link_id)
    photo_link_revoke(link=link)
    messages.success(request, _("The link no longer works."))
    return redirect("photo_links", institution)
