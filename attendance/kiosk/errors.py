"""Errors raised by the kiosks' services."""

from django.utils.translation import gettext_lazy as _

from attendance.errors import AttendanceError


class PairingCodeWrong(AttendanceError):
    code = "wrong_code"
    message = _("This code is wrong or has expired. Ask the office for a new one.")


class TooManyPairingCodes(AttendanceError):
    code = "too_many_codes"
    message = _("Too many codes were tried. Wait fifteen minutes, then type a new one.")


class NoRegisterHere(AttendanceError):
    code = "no_register_here"
    message = _("No register is open in this room now. Ask your teacher to open it.")


class CheckUnknown(AttendanceError):
    code = "check_unknown"
    message = _("This check is not this tablet's. Step up to the tablet again.")


class CheckOver(AttendanceError):
    """The challenge was answered before, took too long, or was replaced by another one."""

    code = "check_over"
    message = _("That took too long. Look into the camera to begin again.")


class CheckUnavailable(AttendanceError):
    code = "check_unavailable"
    message = _("The tablet cannot check faces now. Ask your teacher to mark you.")
    retryable = True


class TooManyFrames(AttendanceError):
    code = "too_many_frames"
    message = _("This tablet sends too many pictures. Wait a moment.")
    retryable = True


class NotAttended(AttendanceError):
    code = "not_attended"
    message = _("This tablet marks only after a check. Reload its page.")
