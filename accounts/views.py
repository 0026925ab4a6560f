"""Where a person lands after signing in."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render

from accounts.http import SchoolRequest
from accounts.selectors import memberships_of


@login_required
def home(request: SchoolRequest) -> HttpResponse:
    """The visitor's only school, or the choice among several."""
    memberships = list(memberships_of(request.user))
    if len(memberships) == 1:
        return redirect("institution", memberships[0].institution.slug)
    return render(request, "accounts/schools.html", {"memberships": memberships})
