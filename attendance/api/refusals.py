"""The API's defaults: closed unless a view opens itself, and one shape of response for every refusal."""

import logging
from typing import TYPE_CHECKING, Any

from django.core.exceptions import SuspiciousOperation
from django.utils.translation import gettext as _
from rest_framework import status
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.outages import is_outage

if TYPE_CHECKING:
    from rest_framework.views import APIView

logger = logging.getLogger(__name__)

# Refusals of the services that are not conflicts with the present state (409).
_STATUS = {
    "not_on_roster": status.HTTP_404_NOT_FOUND,
    "faces_off": status.HTTP_403_FORBIDDEN,
    "cap_reached": status.HTTP_402_PAYMENT_REQUIRED,
    "edit_window_over": status.HTTP_403_FORBIDDEN,
    "reason_needed": status.HTTP_400_BAD_REQUEST,
    "other_network": status.HTTP_403_FORBIDDEN,
    "bad_cursor": status.HTTP_400_BAD_REQUEST,
    "too_large": status.HTTP_413_REQUEST_ENTITY_TOO_LARGE,
}


class DenyAll(BasePermission):
    """The permission of a view that names none: it admits nobody."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        return False


def exception_handler(error: Exception, context: dict[str, Any]) -> Response:
    """The response to an error: `code`, `detail`; with `fields` for errors by field, `current` for a changed mark."""
    # Imported late: the REST framework reads its settings, and with them this module, while it is being imported.
    from rest_framework.views import exception_handler as of_framework

    response = of_framework(error, context)
    if response is not None:
        response.data = _body_of_framework(error, response.data)
        return response
    answer = _of_service(error)
    if answer is None:
        logger.exception("The API failed", exc_info=error)
        answer = Response(_body("server_error", _("That did not work. Try again later.")), status=500)
    of_framework_rollback()
    return answer


def of_framework_rollback() -> None:
    """Roll back the request's writes where each request is one transaction."""
    from rest_framework.views import set_rollback

    set_rollback()


def _body(code: str, detail: object) -> dict[str, Any]:
    return {"code": str(code), "detail": str(detail)}


def _body_of_framework(error: Exception, data: Any) -> dict[str, Any]:
    detail = data.get("detail") if isinstance(data, dict) else None
    if detail is not None and hasattr(detail, "code"):
        return _body(detail.code, detail)
    return {**_body("invalid", _("Some fields are missing or wrong.")), "fields": data}


def _of_service(error: Exception) -> Response | None:
    """A service's refusal as a response, or None for an error that is a fault of ours."""
    from accounts.errors import AccountError
    from attendance.api.serializers import MarkSerializer
    from attendance.errors import AttendanceError
    from attendance.register.errors import MarkConflict
    from attendance.repositories.base import MarkChanged, RegisterError
    from enrollment.domain.faces import FaceError
    from enrollment.errors import EnrollmentError, PictureError

    if is_outage(error):
        return Response(_body("unavailable", _("The portal cannot reach its database now.")), status=503)
    if isinstance(error, SuspiciousOperation):
        return Response(_body("bad_request", _("The request cannot be read.")), status=400)
    if isinstance(error, PictureError):
        return Response(_body(error.code, error), status=_STATUS.get(error.code, 400))
    if not isinstance(error, AttendanceError | RegisterError | EnrollmentError | FaceError | AccountError):
        return None
    default = 503 if getattr(error, "retryable", False) else 409
    answer = Response(_body(error.code, error), status=_STATUS.get(error.code, default))
    if isinstance(error, MarkConflict | MarkChanged):
        answer.data["current"] = MarkSerializer(error.current).data if error.current else None
    return answer
