"""Outcomes of enrolment photos in words: one sentence on the state and the next step."""

from collections.abc import Callable

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enrollment.domain.faces import Refusal
from enrollment.models import FacePhoto, Student

SMALLEST_FACE = 48  # pixels, as the embedded engine has it; a test compares the two


def photo_verdict(photo: FacePhoto) -> str:
    """One sentence on the photo's state: the finding and the next step."""
    state = FacePhoto.State(photo.state)
    return _VERDICTS[state](photo) if state in _VERDICTS else str(_NOT_EXAMINED[state])


def photo_cause(photo: FacePhoto) -> str:
    """A few words on the cause of the photo's state, for lists."""
    if photo.state == FacePhoto.State.HELD:
        like = _looks_like(photo)
        return _("Like %s") % like if like else _("Resembles another student")
    if photo.state == FacePhoto.State.REFUSED:
        return str(_CAUSES.get(photo.refusal) or _("Cannot be used"))
    return _("Face %d pixels wide") % photo.face_px if photo.face_px else ""


def _enrolled(photo: FacePhoto) -> str:
    if photo.cut_from:
        return _("Enrolled from a lesson's photo: a teacher confirmed the face. Delete it if it is somebody else's.")
    return _("Enrolled. The face is %(px)d pixels wide.") % {"px": photo.face_px or 0}


def _held(photo: FacePhoto) -> str:
    like = _looks_like(photo)
    if like is None:
        return _("Looks like somebody who is enrolled already. Check that the photo belongs to this student.")
    said = _(
        "Resembles %(name)s, who is enrolled already. If they are two people, choose “Different people”; if not, "
        "delete the photo."
    )
    return f"{said % {'name': like}} {photo.get_likeness_display()}".rstrip()


def _looks_like(photo: FacePhoto) -> Student | None:
    """The student whom a held photo resembles; None if they have left: the worker is about to examine it again."""
    like = photo.looks_like
    return like if like and like.is_active else None


def _refused(photo: FacePhoto) -> str:
    if photo.refusal == Refusal.TOO_SMALL:
        return _(
            "The face is too small (%(px)d pixels wide; at least %(minimum)d are needed). Move closer and retake it."
        ) % {"px": photo.face_px or 0, "minimum": SMALLEST_FACE}
    return str(_REFUSALS.get(photo.refusal) or _("This photo cannot be used. Take another one."))


_CAUSES: dict[str, Promise] = {
    Refusal.NO_FACE: gettext_lazy("No face"),
    Refusal.MANY_FACES: gettext_lazy("Several faces"),
    Refusal.TOO_SMALL: gettext_lazy("Too small"),
    Refusal.BLURRED: gettext_lazy("Blurred"),
    Refusal.DARK: gettext_lazy("Too dark"),
    Refusal.BRIGHT: gettext_lazy("Too bright"),
    Refusal.TURNED_AWAY: gettext_lazy("Turned away"),
    Refusal.UNLIKE: gettext_lazy("Doesn’t match their other photos"),
    Refusal.ON_ITS_SIDE: gettext_lazy("On its side"),
}
_REFUSALS: dict[str, Promise] = {
    Refusal.NO_FACE: gettext_lazy(
        "No face was found. Is the photo on its side? Take a photo of the student's face, from the front."
    ),
    Refusal.MANY_FACES: gettext_lazy("There are several faces in it. Take a photo of this student alone."),
    Refusal.BLURRED: gettext_lazy("The face is blurred. Hold the camera still and take it again."),
    Refusal.DARK: gettext_lazy("The face is too dark. Turn it towards the light and take it again."),
    Refusal.BRIGHT: gettext_lazy("The face is too bright. Turn away from the glare and take it again."),
    Refusal.TURNED_AWAY: gettext_lazy("The face is turned too far away. Take a photo of it from the front."),
    Refusal.ON_ITS_SIDE: gettext_lazy("The photo is on its side. Turn it upright and add it again."),
    Refusal.UNLIKE: gettext_lazy(
        "The face does not look like the student's other photos. Check that it is the same person, and delete the "
        "photo that is not."
    ),
}
_NOT_EXAMINED: dict[FacePhoto.State, Promise] = {
    FacePhoto.State.RECEIVED: gettext_lazy(
        "Not examined yet. Choose “Examine again” if this does not change within a minute."
    ),
    FacePhoto.State.WAITING: gettext_lazy(
        "The face engine could not be reached. The photo is kept and will be examined later; nothing is lost."
    ),
    FacePhoto.State.WITHDRAWN: gettext_lazy("Its consent was withdrawn. It is not used, and will be erased shortly."),
}
_VERDICTS: dict[FacePhoto.State, Callable[[FacePhoto], str]] = {
    FacePhoto.State.ENROLLED: _enrolled,
    FacePhoto.State.HELD: _held,
    FacePhoto.State.REFUSED: _refused,
}
