"""Actions with photos and their faces on a register: take, retry, decide and undecide."""

from uuid import UUID

from django.http import Http404
from django.utils.translation import gettext as _

from accounts.http import SchoolRequest
from attendance.captures.backlog import capture_retry
from attendance.captures.doubts import detected_face_decide, detected_face_undecide
from attendance.captures.forms import DecideForm, PictureForm
from attendance.captures.recognition import capture_take
from attendance.captures.toasts import decided_toast, photo_toast
from attendance.lessons.access import get_capture_or_404, get_detected_face_or_404
from attendance.models import Capture, ClassSession
from attendance.register.frame import register_action
from attendance.register.toasts import Toast


@register_action
def photo(request: SchoolRequest, session: ClassSession) -> Toast:
    form = PictureForm(request.POST, request.FILES)
    if not form.is_valid():
        return Toast(_("Choose a picture first."), is_error=True)
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


@register_action
def decide(request: SchoolRequest, session: ClassSession, detected_face_id: UUID) -> Toast:
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
