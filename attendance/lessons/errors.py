"""Errors raised by the services of the timetable."""

from django.utils.translation import gettext_lazy as _

from accounts.days import BACKWARDS
from attendance.errors import AttendanceError, SessionNotOpen


class LessonBegun(AttendanceError):
    code = "lesson_begun"
    message = _("This lesson's register was opened already: the lesson can no longer be moved or cancelled.")


class LessonCancelled(SessionNotOpen):
    code = "lesson_cancelled"
    message = _("This lesson is cancelled. Bring it back on the course's page to take attendance.")


class NoSuchLesson(AttendanceError):
    code = "no_such_lesson"
    message = _("The timetable has no such lesson on that day any more. Look at the course's page again.")


class LessonExists(AttendanceError):
    code = "lesson_exists"
    message = _("The course has a lesson at exactly this time already.")


class TeachesAlready(AttendanceError):
    code = "teaches_already"
    message = _("They work with this course anyway. Choose somebody else.")


class NotATeacher(AttendanceError):
    code = "not_a_teacher"
    message = _("Only teachers and administrators of the school can take a lesson.")


class SpanBackwards(AttendanceError):
    code = "span_backwards"
    message = BACKWARDS
