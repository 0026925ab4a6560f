"""Errors raised by the services of the office's day."""

from django.utils.translation import gettext_lazy as _

from attendance.errors import AttendanceError


class NotToday(AttendanceError):
    code = "not_today"
    message = _("This time has not come yet. Enter it when it has.")


class BackBeforeLeaving(AttendanceError):
    code = "back_before_leaving"
    message = _("The time of coming back is before the time of leaving. Check both.")


class EntryOver(AttendanceError):
    code = "entry_over"
    message = _("This entry is from an earlier day. Correct the marks on the registers instead.")


class RemindedAlready(AttendanceError):
    code = "reminded_already"
    message = _("A reminder was sent a moment ago. Give them some minutes, or call.")


class RegisterTakenMeanwhile(AttendanceError):
    code = "register_taken"
    message = _("This register has been taken meanwhile. No reminder was sent.")


class NobodyToRemind(AttendanceError):
    code = "nobody_to_remind"
    message = _("Nobody teaches this course here. Add a teacher to it on the course's page.")
