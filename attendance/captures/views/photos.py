"""Actions with photos and their faces on a register: take, retry, decide and undecide."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.http import SchoolRequest
from attendance.captures.asking import face_asked
from attendance.captures.backlog import capture_retry
from attendance.captures.doubts import detected_face_decide, detected_face_undecide
from attendance.captures.forms import DecideForm, PictureForm
from attendance.captures.taking import capture_take
from attendance.captures.toasts import decided_toast, photo_toast
from attendance.lessons.access import get_capture_or_404, get_detected_face_or_404, get_session_or_404
from attendance.models import Capture, ClassSession
from attendance.register.frame import register_action
from attendance.register.page import read_register
from attendance.register.toasts import Toast
from enrollment.access import Act, access_record


@register_action
def photo(request: SchoolRequest, session: ClassSession) -> Toast:
    form = PictureForm(request.POST, request.FILES)
    if not form.is_valid():
        return Toast(_("Choose a photo first."), is_error=True)
    recognition = capture_take(
        session=session,
        upload=form.upload(),
        nonce=form.cleaned_data["nonce"],
        kind=Capture.Kind.PHOTO,
        by=request.user,
        taken_at=form.cleaned_data["taken_at"],
    )
    return photo_toast(recognition)


@register_action
def retry(request: SchoolRequest, session: ClassSession, capture_id: UUID) -> Toast:
    """Try a waiting photo again at once."""
    capture = get_capture_or_404(request, capture_id)
    if capture.session_id != session.pk:
        raise Http404
    return photo_toast(capture_retry(capture=capture))


@require_http_methods(["GET", "POST"])
def decide(request: SchoolRequest, institution: str, session_id: UUID, detected_face_id: UUID) -> HttpResponse:
    """GET: the face large, whom it may be, and the others on the register; with HTMX for the dialog. POST: decides.

    With `?none` it is none of those whom it may be: then who is it?
    """
    if request.method == "POST":
        return _decide(request, institution, session_id, detected_face_id=detected_face_id)
    session = get_session_or_404(request, session_id)
    face = get_detected_face_or_404(request, session, detected_face_id)
    register = read_register(session)
    access_record(
        Act.CLASS_PHOTO_SEEN, institution=request.institution, by=request.user, session=session.pk,
        capture=face.capture_id,
    )  # fmt: skip
    context = {
        "session": session,
        "register": register,
        "question": face_asked(register, face, is_none="none" in request.GET),
        "address": request.path,
        "is_dialog": bool(request.htmx),
    }
    page = "attendance/captures/_who.html" if request.htmx else "attendance/captures/who.html"
    return render(request, page, context)


@register_action
def _decide(request: SchoolRequest, session: ClassSession, detected_face_id: UUID) -> Toast:
    detected_face = get_detected_face_or_404(request, session, detected_face_id)
    form = DecideForm(request.POST)
    if not form.is_valid():
        return Toast(_("That student is not on this register."), is_error=True)
    detected_face_decide(detected_face=detected_face, student_id=form.cleaned_data["student"], by=request.user)
    return decided_toast(detected_face)


@register_action
def undecide(request: SchoolRequest, session: ClassSession, detected_face_id: UUID) -> Toast:
    detected_face_undecide(detected_face=get_detected_face_or_404(request, session, detected_face_id), by=request.user)
    return Toast(_("Undone."))
