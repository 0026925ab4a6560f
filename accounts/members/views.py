"""The page of a school's members: who belongs to it, who was invited, and what became of the mails."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import require_role
from accounts.errors import AccountError
from accounts.http import SchoolRequest
from accounts.invitations.inviting import (
    invitation_create,
    invitation_readdress,
    invitation_revoke,
    invitation_send_again,
)
from accounts.invitations.sending import invitations_send, invitations_unsent
from accounts.mail import mail_is_sent
from accounts.members.forms import AddressForm, InviteForm
from accounts.members.selectors import STAFF, invitations_waiting, members_found
from accounts.models import Invitation, Role

A_PAGE = 60
SHOWN = {"students": (Role.STUDENT,), "guardians": (Role.GUARDIAN,)}  # by `who`; without one, the staff


@require_http_methods(["GET", "POST"])
def members(request: SchoolRequest, institution: str) -> HttpResponse:
    """Invitations that wait, the members, and the form that invites."""
    require_role(request, Role.ADMIN)
    form = InviteForm(request.POST or None, initial={"role": Role.TEACHER})
    if request.method == "POST" and form.is_valid() and _invite(request, form):
        return redirect("members", institution)
    who = request.GET.get("who", "")
    text = request.GET.get("q", "").strip()
    found = members_found(request.institution, roles=SHOWN.get(who, STAFF), text=text)
    context = {
        "form": form,
        "waiting": Paginator(invitations_waiting(request.institution), A_PAGE).get_page(request.GET.get("invited")),
        "unsent": invitations_unsent(request.institution).count(),
        "page": Paginator(found, A_PAGE).get_page(request.GET.get("page")),
        "who": who if who in SHOWN else "",
        "q": text,
        "mail_is_sent": mail_is_sent(),
    }
    return render(request, "accounts/members/members.html", context)


def _invite(request: SchoolRequest, form: InviteForm) -> bool:
    """Invite the person in the form. Returns False if that was refused: the form says why."""
    data = form.cleaned_data
    try:
        made = invitation_create(
            institution=request.institution,
            email=data["email"],
            name=data["name"],
            role=Role(data["role"]),
            by=request.user,
            request=request,
        )
    except AccountError as error:
        form.add_error("email", str(error))
        return False
    _tell(request, made)
    return True


@require_POST
def members_send(request: SchoolRequest, institution: str) -> HttpResponse:
    """Send all invitations that were never sent, such as those of imported teachers."""
    require_role(request, Role.ADMIN)
    job = invitations_send(institution=request.institution, by=request.user, addresses=request)
    return redirect("job", institution, job.pk)


@require_POST
def member_send_again(request: SchoolRequest, institution: str, invitation_id: UUID) -> HttpResponse:
    """Mail a new link to somebody who was invited."""
    return _act(request, invitation_id, lambda found: invitation_send_again(invitation=found, request=request))


@require_POST
def member_readdress(request: SchoolRequest, institution: str, invitation_id: UUID) -> HttpResponse:
    """Correct the address of an invitation and mail a new link there."""
    form = AddressForm(request.POST)

    def act(found: Invitation) -> None:
        if not form.is_valid():
            raise AccountError("not_an_address", " ".join(str(each) for each in form.errors["email"]))
        invitation_readdress(invitation=found, email=form.cleaned_data["email"], request=request)

    return _act(request, invitation_id, act)


@require_POST
def member_take_back(request: SchoolRequest, institution: str, invitation_id: UUID) -> HttpResponse:
    """Take an invitation back: its link ends."""
    return _act(request, invitation_id, lambda found: invitation_revoke(invitation=found))


def _act(request: SchoolRequest, invitation_id: UUID, act: Callable[[Invitation], None]) -> HttpResponse:
    require_role(request, Role.ADMIN)
    found = get_object_or_404(Invitation.objects.for_institution(request.institution), pk=invitation_id)
    try:
        act(found)
    except AccountError as error:
        messages.error(request, str(error))
    else:
        _tell(request, found)
    return redirect("members", request.institution.slug)


def _tell(request: SchoolRequest, invitation: Invitation) -> None:
    """Say what became of an invitation."""
    invitation.refresh_from_db()
    if invitation.state == Invitation.State.REVOKED:
        messages.success(request, _("The invitation of %s is taken back.") % invitation.name)
    elif invitation.mail_error:
        told = {"email": invitation.email, "why": invitation.mail_error}
        messages.error(request, _("The mail to %(email)s did not leave. %(why)s") % told)
    else:
        messages.success(request, _("An invitation went to %s.") % invitation.email)
