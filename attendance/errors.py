"""What the services of attendance refuse, each with a code and one sentence that says what to do next."""

from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext


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


class FacesOff(AttendanceError):
    code = "faces_off"
    message = _("This school does not take attendance by face. Mark by hand.")


class CapReached(AttendanceError):
    """The month's budget for paid recognition is used up. begins_anew: the first day of the next month."""

    code = "cap_reached"
    message = _("This month's budget for recognising faces is used up. Mark by hand.")

    def __init__(self, begins_anew: date) -> None:
        super().__init__()
        self.begins_anew = begins_anew

    def __str__(self) -> str:
        more = _("The portal's operator can raise it; it begins anew on %(day)s.")
        return f"{self.message} {more % {'day': date_format(self.begins_anew, 'j F')}}"


class PictureNotStored(AttendanceError):
    code = "picture_not_stored"
    message = _("The server cannot store pictures now. Try again in a moment, or mark by hand and tell the office.")
    retryable = True


class PictureLost(AttendanceError):
    """A capture's picture is not there, or not whole: its process died while storing it, or somebody deleted it."""

    code = "picture_missing"
    message = _("The photo did not arrive whole. Take it again, or mark by hand.")


class PictureAway(AttendanceError):
    """Where pictures are kept cannot be reached now."""

    code = "storage_away"
    message = _("The stored photo cannot be read now. It is tried again; mark by hand meanwhile.")
    retryable = True


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
    """`current` is the mark as it is now, or None."""

    code = "mark_changed"
    message = _("Somebody else changed this mark just now. Look at it again before you change it.")

    def __init__(self, current: object = None) -> None:
        super().__init__()
        self.current = current


class FaceDecided(AttendanceError):
    code = "face_decided"
    message = _("Somebody has already said who this is. Undo that first if it is wrong.")


class NothingToUndo(AttendanceError):
    code = "nothing_to_undo"
    message = _("There is nothing to undo.")


class CourseWithoutStudents(AttendanceError):
    code = "empty_roster"
    message = _("Nobody is on this course's roster yet. Add students first.")


class NoCodeShown(AttendanceError):
    code = "no_code_shown"
    message = _("None of your lessons shows a code now. Ask your teacher to show it, or to mark you.")


class WrongCode(AttendanceError):
    code = "wrong_code"
    message = _("This code is not good, or not any more: it changes every few seconds. Type the one on the screen now.")


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


class KioskCodeWrong(AttendanceError):
    code = "wrong_code"
    message = _("This code is not good, or not any more. Ask the office for a new one.")


class KioskTooManyCodes(AttendanceError):
    code = "too_many_codes"
    message = _("Too many codes were tried. Wait fifteen minutes, then type a new one.")


class NoRegisterHere(AttendanceError):
    code = "no_register_here"
    message = _("No register is open in this room now. Ask your teacher to open it.")


class CheckUnknown(AttendanceError):
    code = "check_unknown"
    message = _("This check is not this tablet's. Step up to the tablet again.")


class CheckOver(AttendanceError):
    """It was answered before, took too long, or another one took its place."""

    code = "check_over"
    message = _("That took too long. Look into the camera to begin again.")


class CheckAway(AttendanceError):
    code = "check_away"
    message = _("The tablet cannot check faces now. Ask your teacher to mark you.")
    retryable = True


class NotAttended(AttendanceError):
    code = "not_attended"
    message = _("This tablet marks only after a check. Reload its page.")


class StillOpen(AttendanceError):
    code = "session_still_open"
    message = _("This register is not closed. Mark on the register itself.")


class ProposalChanged(AttendanceError):
    code = "proposal_changed"
    message = _("Meanwhile another bar is proposed, or none. Nothing was changed; look again.")


class ReasonNeeded(AttendanceError):
    code = "reason_needed"
    message = _("Write why: the reason stands beside what is changed.")


class EditWindowOver(AttendanceError):
    """The school's days for corrections are over. days: how many there are."""

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
