"""The office's page of personal photo links. Administrators alone."""

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
from accounts.http import SchoolRequest
from accounts.models import Role
from enrollment.batches.forms import LinkForm
from enrollment.batches.links import (
    checks_turns,
    consenting,
    photo_link_create,
    photo_link_revoke,
    photo_links_of,
)
from enrollment.errors import EnrollmentError

A_PAGE = 30


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def photo_links(request: SchoolRequest, institution: str) -> HttpResponse:
    """The links, and the form that makes one. The answer to the form alone shows the new address."""
    membership = require_role(request, Role.ADMIN)
    form = LinkForm(request.institution, request.POST if request.method == "POST" else None)
    if not checks_turns(request.institution):
        del form.fields["with_liveness"]
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
            form = LinkForm(request.institution)
    page = Paginator(photo_links_of(request.institution), A_PAGE).get_page(request.GET.get("page"))
    consent = consenting(made.student) if made else None
    context = {"form": form, "made": made, "address": address, "page": page, "consent": consent}
    return render(request, "enrollment/batches/links.html", context)


@require_POST
def photo_link_end(request: SchoolRequest, institution: str, link_id: UUID) -> HttpResponse:
    """Take a link back."""
    require_role(request, Role.ADMIN)
    link = get_object_or_404(photo_links_of(request.institution), pk=link_id)
    photo_link_revoke(link=link)
    messages.success(request, _("The link no longer works."))
    return redirect("photo_links", institution)
