"""Errors raised by the services of evacuations."""

from django.utils.translation import gettext_lazy as _

from attendance.errors import AttendanceError


class EvacuationOver(AttendanceError):
    code = "evacuation_over"
    message = _("This evacuation has been ended. Its report stays as it is.")


class KeyTaken(AttendanceError):
    code = "key_taken"
    message = _("The list could not be begun. Reload the page and try again.")


class NotOnList(AttendanceError):
    code = "not_on_list"
    message = _("This person is not on the list.")
