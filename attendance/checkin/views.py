"""The page that shows the check-in code on a projector, and the page on which students type it."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import segno
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import SchoolRequest
from accounts.network import client_address, is_within
from attendance.checkin.codes import CheckedIn, code_check_in, code_show, code_stop
from attendance.checkin.devices import device_of, remember_device
from attendance.checkin.forms import CodeForm
from attendance.checkin.notes import lessons_of_now
from attendance.errors import AttendanceError
from attendance.lessons.access import get_own_student_or_404, get_session_or_404
from attendance.register.labels import status_word
from enrollment.models import Student


@require_GET
def code(request: SchoolRequest, institution: str, session_id: UUID) -> HttpResponse:
    """The projector's page, without a code yet: the page asks for one (`code_now`)."""
    found = get_session_or_404(request, session_id)
    address = request.build_absolute_uri(reverse("check_in", args=[institution]))
    context = {"session": found, "address": address.partition("://")[2].rstrip("/")}
    return render(request, "attendance/checkin/code.html", context)


@never_cache
@require_POST
def code_now(request: SchoolRequest, institution: str, session_id: UUID) -> HttpResponse:
    """The current code with its QR code, asked for at each step; it is valid from now on."""
    found = get_session_or_404(request, session_id)
    try:
        shown = code_show(session=found, by=request.user)
    except AttendanceError as error:
        return render(request, "attendance/checkin/ended.html", {"session": found, "reason": error})
    link = request.build_absolute_uri(reverse("check_in", args=[institution]) + "?" + urlencode({"code": shown.code}))
    return render(request, "attendance/checkin/now.html", {"shown": shown, "qr": _qr(link)})


def _qr(text: str) -> SafeString:
    """A QR code as inline SVG. Error correction M: a projector's image is washed out, not torn."""
    svg = segno.make(text, error="m", micro=False).svg_inline(svgclass="qr", lineclass=None, omitsize=True, border=3)
    return mark_safe(svg)  # noqa: S308 - the library's own SVG: the text is in it as squares


@require_POST
def code_stop_(request: SchoolRequest, institution: str, session_id: UUID) -> HttpResponse:
    """Stop showing the code, and go back to the register."""
    found = get_session_or_404(request, session_id)
    code_stop(session=found)
    return redirect("session", institution, found.pk)


@never_cache
@require_http_methods(["GET", "POST"])
def check_in(request: SchoolRequest, institution: str) -> HttpResponse:
    """The page on which a student types the code, or arrives from the QR code with it."""
    student = get_own_student_or_404(request)
    device = device_of(request) or str(uuid4())
    form = CodeForm(request.POST if request.method == "POST" else None, initial={"code": request.GET.get("code", "")})
    if request.method == "POST" and form.is_valid() and _checks_in(request, student, form, device):
        response: HttpResponse = redirect("check_in", institution)
    else:
        response = render(request, "attendance/checkin/check_in.html", _check_in_context(request, student, form))
    if student.institution.code_one_device:
        remember_device(response, device)
    return response


def _checks_in(request: SchoolRequest, student: Student, form: CodeForm, device: str) -> bool:
    """Check the student in; returns False after adding the refusal to the form."""
    typed = form.cleaned_data["code"]
    try:
        done = code_check_in(student=student, typed=typed, device=device, address=client_address(request))
    except AttendanceError as error:
        form.add_error("code", str(error))
        return False
    messages.success(request, _done(done))
    return True


def _done(done: CheckedIn) -> str:
    words = {"course": done.session.course.name, "status": status_word(done.mark.status)}
    return _("You are marked %(status)s in %(course)s.") % words


def _check_in_context(request: SchoolRequest, student: Student, form: CodeForm) -> dict[str, Any]:
    networks, lessons = student.institution.networks, lessons_of_now(student)
    is_done = bool(lessons) and all(lesson.is_attended for lesson in lessons)
    return {
        "form": form,
        "lessons": lessons,
        "is_done": is_done and not form.errors,
        "is_outside": bool(networks) and not is_within(client_address(request), networks),
        "is_linked": request.method == "GET" and bool(request.GET.get("code")),
    }
