"""Errors raised by the services of the calendars."""

from attendance.errors import AttendanceError


class CalendarFileError(AttendanceError):
    """An uploaded calendar cannot be used. The message gives the reason, and says what to do."""

    code = "calendar_file"

    def __init__(self, message: object) -> None:
        super().__init__()
        self.said = message

    def __str__(self) -> str:
        return str(self.said)
