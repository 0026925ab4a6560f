"""Pages on which an invited person answers."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from accounts.errors import AccountError
from accounts.http import SchoolRequest
from accounts.invitations.accepting import (
    account_at,
    invitation_accept,
    invitation_accept_new,
    invitation_by_token,
    invitation_decline,
    invitations_to,
)
from accounts.invitations.forms import NewAccountForm
from accounts.models import Invitation, User

BACKEND = "accounts.sign_in.AuthenticationBackend"
GONE = 410


def invitation(request: SchoolRequest, token: str) -> HttpResponse:
    """The invitation behind a mailed link, and its answer. An unknown link is 404, one that has ended says so."""
    found = invitation_by_token(token)
    if found is None:
        raise Http404
    if not found.is_valid:
        return render(request, "accounts/invitations/ended.html", {"invitation": found}, status=GONE)
    try:
        if request.method == "POST" and "decline" in request.POST:
            invitation_decline(invitation=found)
            return render(request, "accounts/invitations/ended.html", {"invitation": invitation_by_token(token)})
        return _accept(request, found, account_at(found))
    except AccountError as error:
        return render(request, "accounts/invitations/ended.html", {"invitation": found, "error": error}, status=GONE)


def _accept(request: SchoolRequest, found: Invitation, account: User | None) -> HttpResponse:
    """The page with its form, or what follows from accepting: the school for the account that is signed in."""
    if account is None:
        form = NewAccountForm(found, request.POST or None)
        if request.method == "POST" and form.is_valid():
            data = form.cleaned_data
            account = invitation_accept_new(invitation=found, name=data["name"], password=data["password1"])
            login(request, account, backend=BACKEND)
            return redirect("institution", found.institution.slug)
        return render(request, "accounts/invitations/new_account.html", {"invitation": found, "form": form})
    if request.method == "POST":
        invitation_accept(invitation=found, user=account)
        return redirect("institution", found.institution.slug)  # who is not signed in does so first
    return render(request, "accounts/invitations/invitation.html", {"invitation": found})


@login_required
@require_POST
def accept(request: SchoolRequest, invitation_id: UUID) -> HttpResponse:
    """Accept an invitation to the signed-in person's own address."""
    found = get_object_or_404(invitations_to(request.user), pk=invitation_id)
    try:
        membership = invitation_accept(invitation=found, user=request.user)
    except AccountError as error:  # answered in another tab, for one
        messages.error(request, str(error))
        return redirect("home")
    return redirect("institution", membership.institution.slug)


@login_required
@require_POST
def decline(request: SchoolRequest, invitation_id: UUID) -> HttpResponse:
    """Decline an invitation to the signed-in person's own address."""
    found = get_object_or_404(invitations_to(request.user), pk=invitation_id)
    try:
        invitation_decline(invitation=found)
    except AccountError as error:
        messages.error(request, str(error))
    return redirect("home")
