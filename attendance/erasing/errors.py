"""Errors raised when a receipt of an erasure is checked."""

from django.utils.translation import gettext_lazy as _

from attendance.errors import AttendanceError


class NoReceipt(AttendanceError):
    code = "no_receipt"
    message = _("This is not a receipt. Choose the file as it was downloaded.")


class ReceiptChanged(AttendanceError):
    code = "receipt_changed"
    message = _("This portal did not sign this receipt, or it was changed afterwards.")


class OtherSchool(AttendanceError):
    code = "other_school"
    message = _("This receipt is not one of this school's.")
