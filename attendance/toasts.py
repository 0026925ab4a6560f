"""What is said after an act, and the way back."""

from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from attendance.decision import Outcome
from attendance.labels import capture_words, status_word
from attendance.models import Capture, ClassSession, Sighting
from attendance.repositories.base import Mark
from attendance.services.captures import Recognition
from enrollment.models import Student


@dataclass(frozen=True, slots=True)
class Toast:
    """One sentence; `undo_url` and `undo_version` where it can be taken back."""

    text: str
    is_error: bool = False
    undo_url: str = ""
    undo_version: int = 0


def marked_toast(session: ClassSession, mark: Mark) -> Toast:
    """Says who was marked how."""
    return Toast(
        _("%(name)s: %(status)s") % {"name": _name(mark.student_id), "status": status_word(mark.status)},
        undo_url=reverse("undo", args=[session.institution.slug, session.pk, mark.student_id]),
        undo_version=mark.version,
    )


def decided_toast(sighting: Sighting) -> Toast:
    """Says who the face was decided to be."""
    session = sighting.capture.session
    who = sighting.decided_student
    return Toast(
        _("This is %(name)s.") % {"name": who.name} if who else _("Nobody on this register."),
        undo_url=reverse("undecide", args=[session.institution.slug, session.pk, sighting.pk]),
    )


def photo_toast(recognition: Recognition) -> Toast:
    """Says what a photo gave, in words."""
    capture = recognition.capture
    if capture.state != Capture.State.DONE:
        return Toast(capture_words(capture), is_error=capture.state in (Capture.State.WAITING, Capture.State.FAILED))
    found = len(recognition.sightings)
    if not found:
        return Toast(_("No face found in this photo. Come closer, or take it with more light."), is_error=True)
    named = sum(sighting.outcome == Outcome.MARK for sighting in recognition.sightings)
    faces = ngettext("%d face", "%d faces", found) % found
    return Toast(_("%(faces)s found, %(named)d recognised.") % {"faces": faces, "named": named})


def _name(student_id: UUID) -> str:
    return Student.objects.values_list("name", flat=True).get(pk=student_id)
