"""Guests on a register: search, adding one with or without a face, removing one."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.http import SchoolRequest
from attendance.captures.doubts import guest_add_by_face
from attendance.captures.toasts import decided_toast
from attendance.lessons.access import get_detected_face_or_404, get_session_or_404
from attendance.models import ClassSession
from attendance.register.forms import GuestForm
from attendance.register.frame import register_action
from attendance.register.guests import SHORTEST, guest_add, guest_remove, guests_find
from attendance.register.toasts import Toast, guest_toast


@require_http_methods(["GET", "POST"])
def guests(request: SchoolRequest, institution: str, session_id: UUID) -> HttpResponse:
    """GET: students of the school that match `q`, and the face that would mark them (`face`). POST: adds one."""
    if request.method == "POST":
        return _add(request, institution, session_id)
    return _find(request, institution, session_id)


@require_GET
def _find(request: SchoolRequest, institution: str, session_id: UUID) -> HttpResponse:
    session = get_session_or_404(request, session_id)
    words = request.GET.get("q", "")[:80]
    face = request.GET.get("face", "")
    detected_face = get_detected_face_or_404(request, session, _uuid_or_404(face)) if face else None
    context = {"session": session, "words": words.strip(), "detected_face": detected_face, "shortest": SHORTEST}
    found = guests_find(session=session, words=words)
    return render(request, "attendance/captures/_guests_found.html", {**context, "found": found})


@register_action
def _add(request: SchoolRequest, session: ClassSession) -> Toast:
    form = GuestForm(request.POST)
    if not form.is_valid():
        return Toast(_("Choose somebody from the list."), is_error=True)
    student_id, face = form.cleaned_data["student"], form.cleaned_data["face"]
    if face is None:
        return guest_toast(session, guest_add(session=session, student_id=student_id, by=request.user))
    detected_face = get_detected_face_or_404(request, session, face)
    guest_add_by_face(detected_face=detected_face, student_id=student_id, by=request.user)
    return decided_toast(detected_face)


@register_action
def guest_remove_(request: SchoolRequest, session: ClassSession, student_id: UUID) -> Toast:
    guest_remove(session=session, student_id=student_id)
    return Toast(_("Taken off the register."))


def _uuid_or_404(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None
