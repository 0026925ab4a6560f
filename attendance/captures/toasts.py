"""Toasts shown after taking a photo and deciding a face."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from attendance.captures.recognition import Recognition
from attendance.domain.decision import Outcome
from attendance.models import Capture, DetectedFace
from attendance.register.labels import capture_words
from attendance.register.toasts import Toast


def decided_toast(detected_face: DetectedFace) -> Toast:
    """Toast with the decision about a face."""
    session = detected_face.capture.session
    who = detected_face.decided_student
    return Toast(
        _("This is %(name)s.") % {"name": who.name} if who else _("Nobody on this register."),
        undo_url=reverse("undecide", args=[session.institution.slug, session.pk, detected_face.pk]),
    )


def photo_toast(recognition: Recognition) -> Toast:
    """Toast with the result of a photo."""
    capture = recognition.capture
    if capture.state != Capture.State.DONE:
        return Toast(capture_words(capture), is_error=capture.state in (Capture.State.WAITING, Capture.State.FAILED))
    found = len(recognition.detected_faces)
    if not found:
        return Toast(
            _("No face found. Is the photo on its side? If not, come closer, or take it with more light."),
            is_error=True,
        )
    named = sum(detected_face.outcome == Outcome.MARK for detected_face in recognition.detected_faces)
    faces = ngettext("%d face", "%d faces", found) % found
    return Toast(_("%(faces)s found, %(named)d recognised.") % {"faces": faces, "named": named})
