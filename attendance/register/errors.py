"""Errors raised by the services of the register."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from attendance.errors import AttendanceError


class NotOnRoster(AttendanceError):
    code = "not_on_roster"
    message = _("That student is not on this register.")


class UnknownStatus(AttendanceError):
    code = "unknown_status"
    message = _("That is not a status of this school, or not any more. Reload the page and try again.")


class GuestUnknown(AttendanceError):
    code = "guest_unknown"
    message = _("No active student of this school has this number. Search for the name again.")


class GuestMarked(AttendanceError):
    code = "guest_marked"
    message = _("This guest has a mark. Undo the mark first, then take the guest off the register.")


class MarkConflict(AttendanceError):
    """Somebody changed the mark meanwhile. `current` is the mark as it is now, or None."""

    code = "mark_changed"
    message = _("Somebody else changed this mark just now. Look at it again before you change it.")

    def __init__(self, current: object = None) -> None:
        super().__init__()
        self.current = current


class NothingToUndo(AttendanceError):
    code = "nothing_to_undo"
    message = _("There is nothing to undo.")


class CourseWithoutStudents(AttendanceError):
    code = "empty_roster"
    message = _("Nobody is on this course's roster yet. Add students first.")


class StillOpen(AttendanceError):
    code = "session_still_open"
    message = _("This register is not closed. Mark on the register itself.")


class ReasonNeeded(AttendanceError):
    code = "reason_needed"
    message = _("Please give a reason. It is shown with the change.")


class EditWindowOver(AttendanceError):
    """The school's days for corrections are over. days: their number."""

    code = "edit_window_over"
    message = _("The time for corrections is over. Ask an administrator to correct this register.")

    def __init__(self, days: int) -> None:
        super().__init__()
        self.days = days

    def __str__(self) -> str:
        more = ngettext(
            "A register can be changed for %d day after the lesson. Ask an administrator to correct it.",
            "A register can be changed for %d days after the lesson. Ask an administrator to correct it.",
            self.days,
        )
        return more % self.days


class RegisterBegun(AttendanceError):
    code = "register_begun"
    message = _("Something is in this register already. Close it, or cancel the lesson.")
