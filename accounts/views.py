"""Landing page after sign-in, and the choice of language."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from accounts.http import SchoolRequest
from accounts.invitations.accepting import invitations_for
from accounts.languages import language_choose
from accounts.selectors import memberships_of


@login_required
def home(request: SchoolRequest) -> HttpResponse:
    """Redirect to the visitor's only school, or the choice among several and the invitations that wait.

    An operator who is a member of none is led to all schools, where the first one is added.
    """
    memberships = list(memberships_of(request.user))
    invitations = list(invitations_for(request.user))
    if len(memberships) == 1 and not invitations:
        return redirect("institution", memberships[0].institution.slug)
    if request.user.is_superuser and not memberships and not invitations:
        return redirect("schools")
    return render(request, "accounts/schools.html", {"memberships": memberships, "invitations": invitations})


@require_POST
def language(request: SchoolRequest) -> HttpResponse:
    """Use the posted language from now on: in this browser, and in every browser of a signed-in person.

    Redirects to `next` if it is an address of the portal, else back.
    """
    if request.user.is_authenticated:
        language_choose(user=request.user, language=request.POST.get("language", ""))
    response: HttpResponse = set_language(request)
    return response
