"""Errors raised by the services of excuses."""

from django.utils.translation import gettext_lazy as _

from attendance.errors import AttendanceError


class ExcuseDecided(AttendanceError):
    code = "excuse_decided"
    message = _("Someone has decided this meanwhile. Reload the page to see it.")


class ExcuseNotDecided(AttendanceError):
    code = "excuse_not_decided"
    message = _("This is not decided any more. Reload the page to see it.")


class AnswerNeeded(AttendanceError):
    code = "answer_needed"
    message = _("Please give a reason. The student and guardians will read it.")


class LessonsPastWindow(AttendanceError):
    """Lessons whose registers only an administrator may still change."""

    code = "edit_window_over"
    message = _("Some of these lessons are too long ago for you to change. Ask the school office to decide.")


class TooManyWaiting(AttendanceError):
    code = "too_many_waiting"
    message = _("There are already many requests waiting for a decision. Please wait until some are decided.")
