"""Errors raised by the services of calibration."""

from django.utils.translation import gettext_lazy as _

from attendance.errors import AttendanceError


class ProposalChanged(AttendanceError):
    code = "proposal_changed"
    message = _("Meanwhile another threshold is proposed, or none. Nothing was changed; look again.")
