"""Errors raised by the budget for paid recognition."""

from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from attendance.errors import AttendanceError


class CapReached(AttendanceError):
    """The month's budget for paid recognition is used up. renews_on: the first day of the next month."""

    code = "cap_reached"
    message = _("This month's budget for recognising faces is used up. Mark by hand.")

    def __init__(self, renews_on: date) -> None:
        super().__init__()
        self.renews_on = renews_on

    def __str__(self) -> str:
        more = _("The portal's operator can raise it; it renews on %(day)s.")
        return f"{self.message} {more % {'day': date_format(self.renews_on, 'j F')}}"


class NoSuchMonth(AttendanceError):
    """The page of costs has no such month: it shows the last twelve."""

    code = "no_such_month"
