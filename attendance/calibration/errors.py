"""Errors raised by the services of calibration."""

from django.utils.translation import gettext_lazy as _

from attendance.errors import AttendanceError


class ProposalChanged(AttendanceError):
    code = "proposal_changed"
    message = _("The proposal has changed in the meantime. Nothing was saved. Please check it and try again.")
