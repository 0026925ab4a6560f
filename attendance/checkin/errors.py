"""Errors raised by checking in by code."""

from django.utils.translation import gettext_lazy as _

from attendance.errors import AttendanceError


class NoCodeShown(AttendanceError):
    code = "no_code_shown"
    message = _("None of your lessons shows a code now. Ask your teacher to show it, or to mark you.")


class WrongCode(AttendanceError):
    code = "wrong_code"
    message = _("This code is wrong or has expired: it changes every few seconds. Type the one on the screen now.")


class TooManyCodes(AttendanceError):
    code = "too_many_codes"
    message = _("Too many wrong codes. Wait five minutes, or ask your teacher to mark you.")


class OtherNetwork(AttendanceError):
    code = "other_network"
    message = _(
        "Codes count in the school's network only. Join the school's Wi-Fi and try again, or ask your teacher to mark "
        "you."
    )


class DeviceUsed(AttendanceError):
    code = "device_used"
    message = _("Somebody else has checked in on this device. Use your own, or ask your teacher to mark you.")


class MarkedOtherwise(AttendanceError):
    code = "marked_otherwise"
    message = _("Your teacher has marked you otherwise, and a code does not change that. Speak to your teacher.")
