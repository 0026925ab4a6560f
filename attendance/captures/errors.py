"""Errors raised by the services of captures."""

from django.utils.translation import gettext_lazy as _

from attendance.errors import AttendanceError


class FacesOff(AttendanceError):
    code = "faces_off"
    message = _("This school does not take attendance by face. Mark by hand.")


class PictureNotStored(AttendanceError):
    code = "picture_not_stored"
    message = _("The server cannot store photos now. Try again in a moment, or mark by hand and tell the office.")
    retryable = True


class PictureNotDeleted(AttendanceError):
    """The storage of pictures is unavailable now."""

    code = "picture_not_deleted"
    message = _("The photo could not be deleted now. Try again in a minute.")
    retryable = True


class PictureLost(AttendanceError):
    """A capture's picture is not there, or not whole: its process died while storing it, or somebody deleted it."""

    code = "picture_missing"
    message = _("The photo did not arrive whole. Take it again, or mark by hand.")


class PictureUnavailable(AttendanceError):
    """The storage of pictures is unavailable now."""

    code = "storage_unavailable"
    message = _("The stored photo cannot be read now. It is tried again; mark by hand meanwhile.")
    retryable = True


class FaceDecided(AttendanceError):
    code = "face_decided"
    message = _("Somebody has already said who this is. Undo that first if it is wrong.")
