"""Photos shared from another app of the phone: the page that asks into which register they go."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.http import SchoolRequest
from accounts.models import Membership, User
from accounts.selectors import memberships_of
from attendance.lessons.selectors import current_session, sessions_of_day
from attendance.models import ClassSession

MOST = 20  # registers of one school: an administrator may work with all that are open


@csrf_exempt  # the phone posts here, without a page of ours; nothing that is posted is read
@require_http_methods(["GET", "POST"])
def share(request: SchoolRequest) -> HttpResponse:
    """GET: the registers to choose from; the page has the photos from its browser. POST: to that page.

    The photos that a phone posts are kept by the service worker, in the browser. Where it did not run they are lost,
    and the page says so.
    """
    return redirect("share") if request.method == "POST" else _page(request)


@login_required
def _page(request: SchoolRequest) -> HttpResponse:
    return render(request, "attendance/today/share.html", {"sessions": registers_for_photos(request.user)})


def registers_for_photos(user: User) -> list[ClassSession]:
    """The open registers of today that a person may work with, and the lesson of now; in all of their schools."""
    staff = [each for each in memberships_of(user) if each.takes_registers and each.institution.faces_enabled]
    return [session for membership in staff for session in _registers(membership)[:MOST]]


def _registers(membership: Membership) -> list[ClassSession]:
    day = timezone.localdate(timezone=membership.institution.zone)
    sessions = list(sessions_of_day(membership, day))
    now = current_session(sessions)
    return [session for session in sessions if session.state == ClassSession.State.OPEN or session is now]
