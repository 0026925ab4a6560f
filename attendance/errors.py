"""Errors raised by the services of attendance, each with a code and one sentence that says what to do next."""

from django.utils.translation import gettext_lazy as _


class AttendanceError(Exception):
    """Base. `code` is for machines, `message` for people; `retryable` says whether the same call may work later."""

    code = "attendance_error"
    message = _("That did not work.")
    retryable = False

    def __str__(self) -> str:
        return str(self.message)


class SessionNotOpen(AttendanceError):
    code = "session_not_open"
    message = _("This register is not open. Open it to take attendance.")


class SessionClosed(AttendanceError):
    code = "session_closed"
    message = _("This register is closed. Reopen it to change a mark.")
