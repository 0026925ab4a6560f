"""Errors raised by the services of disputes."""

from django.utils.translation import gettext_lazy as _

from attendance.errors import AttendanceError


class NothingToDispute(AttendanceError):
    code = "nothing_to_dispute"
    message = _("There is no mark for you in this lesson any more.")


class RegisterStillOpen(AttendanceError):
    code = "session_still_open"
    message = _("Your teacher is still taking this register. Please tell them, or come back when it is closed.")


class AlreadyDisputed(AttendanceError):
    code = "already_disputed"
    message = _("You have already sent this. The school has not decided yet.")


class DisputeDecided(AttendanceError):
    code = "dispute_decided"
    message = _("Someone has decided this meanwhile. Reload the page to see it.")


class DisputeNotDecided(AttendanceError):
    code = "dispute_not_decided"
    message = _("This is not decided any more. Reload the page to see it.")
