"""Pages of kiosks: pairing, the tablet's page, and the frames that it sends.

These addresses are public. Without a paired tablet they answer the same for every school, and for none.
"""

from typing import Any

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import time_format
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.network import client_address
from attendance.captures.answers import frame_answer, picture_answer
from attendance.costs.budget import past_cap
from attendance.errors import AttendanceError
from attendance.kiosk.device import kiosk_of, kiosk_or_404, kiosk_seen, remember_kiosk, renew_kiosk
from attendance.kiosk.door import DoorLesson, lesson_at
from attendance.kiosk.forms import PairingForm
from attendance.kiosk.pairing import kiosk_frame_take, kiosk_pair
from attendance.models import ClassSession, Kiosk


@never_cache
@require_http_methods(["GET", "POST"])
def kiosk(request: HttpRequest, school: str) -> HttpResponse:
    """The door's page on a paired tablet; anybody else is asked for a pairing code."""
    found = kiosk_of(request, school)
    if found is None:
        return _pair(request, school)
    if request.method == "POST":  # the form again
        return redirect("kiosk", school)
    if request.user.is_authenticated:  # somebody's pages would be reachable on an unattended tablet
        logout(request)
    context = {"kiosk": found, "institution": found.institution, "now": _now(found)}
    response = render(request, "attendance/kiosk/door.html", context)
    renew_kiosk(request, response, school)
    return response


@never_cache
@require_GET
def kiosk_now(request: HttpRequest, school: str) -> JsonResponse:
    """The texts on the tablet's page, asked for every few seconds."""
    found = kiosk_or_404(request, school)
    return JsonResponse(_now(found))


@require_POST
def kiosk_frame(request: HttpRequest, school: str) -> JsonResponse:
    """One frame for the open register of the tablet's room."""
    found = kiosk_or_404(request, school)

    def take(**sent: Any) -> dict[str, Any]:
        session, seen = kiosk_frame_take(kiosk=found, **sent)
        return frame_answer(session, seen)

    return picture_answer(request, take)


def _pair(request: HttpRequest, school: str) -> HttpResponse:
    form = PairingForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            paired, secret = kiosk_pair(slug=school, typed=form.cleaned_data["code"], address=client_address(request))
        except AttendanceError as error:
            form.add_error("code", str(error))
        else:
            logout(request)
            response = redirect("kiosk", school)
            remember_kiosk(response, paired, secret)
            return response
    return render(request, "attendance/kiosk/pair.html", {"form": form})


def _now(found: Kiosk) -> dict[str, Any]:
    """The room's lesson in words, and whether its register is open now."""
    kiosk_seen(found)
    here = lesson_at(found)
    is_open = here is not None and here.is_open
    faces = found.institution.faces_enabled and not past_cap(found.institution)
    with timezone.override(found.institution.zone):
        return {
            "lesson": here.session.course.name if here else "",
            "when": _times(here.session) if here else "",
            "detail": _detail(here, faces),
            "is_open": bool(is_open and faces),
            "attended": found.is_attended,
            "shows_code": bool(is_open and here and here.shows_code),
        }


def _detail(here: DoorLesson | None, faces: bool) -> str:
    """Advice for somebody in front of the tablet; empty while they only need to look into the camera."""
    if here is None:
        return _("No more lessons in this room today.")
    if here.is_open:
        return "" if faces else _("Faces are not recognised now. Ask your teacher to mark you.")
    if here.session.state == ClassSession.State.SCHEDULED:
        begins = time_format(timezone.localtime(here.session.starts_at), "H:i")
        waits = _("Attendance begins when your teacher opens the register.")
        return waits if here.has_begun else _("Next lesson here: %(time)s") % {"time": begins}
    return _("Attendance of this lesson is over. Ask your teacher to mark you.")


def _times(session: ClassSession) -> str:
    begins, ends = (time_format(timezone.localtime(at), "H:i") for at in (session.starts_at, session.ends_at))
    return f"{begins}–{ends}"
