"""Base of the API's views: membership, roles, checked bodies, and the schema of an endpoint."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.plumbing import build_bearer_security_scheme_object
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import exceptions, status
from rest_framework.authentication import BaseAuthentication
from rest_framework.parsers import BaseParser, JSONParser, MultiPartParser
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.http import SchoolRequest
from accounts.middleware import enter
from accounts.models import Membership, Role
from accounts.selectors import membership_at
from attendance.api import serializers as shapes
from attendance.lessons.access import get_session_or_404
from attendance.models import ClassSession

_OVERHEAD = 100_000  # bytes of a multipart request besides its picture


class TooLarge(exceptions.APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"

    def __init__(self) -> None:
        super().__init__(_("The request is too large. Send a smaller one."))


class HasRole(BasePermission):
    """Permission for members of the school in the address who have a role of the view."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        membership: Membership | None = getattr(request, "membership", None)
        return bool(membership and isinstance(view, SchoolView) and membership.role in view.roles)


class LimitedView(APIView):
    """A view that counts every request against the limits before it refuses one: also of strangers and wrong tokens.

    The framework asks its throttles last, so that refused requests would be unlimited.
    """

    def perform_authentication(self, request: Request) -> None:
        try:
            super().perform_authentication(request)
        finally:  # a wrong token counts as nobody's request
            super().check_throttles(request)

    def check_throttles(self, request: Request) -> None:
        """Done already, right after the authentication."""


class SchoolView(LimitedView):
    """A view under `/api/<school>/`. Anyone who is not a member of the school gets 404, as for a typing error.

    It resolves the membership as the tenancy middleware does for pages, which knows no tokens.
    """

    permission_classes = [HasRole]
    parser_classes: list[type[BaseParser]] = [JSONParser]
    roles: tuple[Role, ...] = (Role.TEACHER, Role.ADMIN)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self._refuse_large(request)

    def check_permissions(self, request: Request) -> None:
        """Resolve the membership and ask for its role. Raises Http404, or the framework's refusals."""
        if request.user.is_authenticated:
            membership = membership_at(request.user, self.kwargs["school"])
            if membership is None:
                raise Http404
            enter(self.school_request, membership)
        super().check_permissions(request)

    def _refuse_large(self, request: Request) -> None:
        """Refuse by size before anything is read: a picture is otherwise written to disk first."""
        largest = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if MultiPartParser in self.parser_classes:
            largest = settings.PICTURE_MAX_BYTES + _OVERHEAD
        if int(request.META.get("CONTENT_LENGTH") or 0) > largest:
            raise TooLarge

    @property
    def school_request(self) -> SchoolRequest:
        """The request as the access helpers of the pages take it: it has the same attributes."""
        return cast(SchoolRequest, self.request)

    def session(self, session_id: UUID) -> ClassSession:
        """A session of the visitor's courses. Raises Http404."""
        return get_session_or_404(self.school_request, session_id)

    def body(self, shape: type[Any], **context: Any) -> dict[str, Any]:
        """The request's body, checked. context: of the serializer. Raises ValidationError (400)."""
        try:
            data = self.request.data
        except RecursionError as error:  # ten thousand brackets
            raise exceptions.ParseError from error
        return _checked(shape, data, context)

    def query(self, shape: type[Any]) -> dict[str, Any]:
        """The request's query, checked. Raises ValidationError (400)."""
        return _checked(shape, self.request.query_params)


def _checked(shape: type[Any], data: Any, context: Mapping[str, Any] = MappingProxyType({})) -> dict[str, Any]:
    serializer = shape(data=data, context=dict(context))
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data


def described(answer: Any, *, request: Any = None, status_code: int = 200, name: str = "", **more: Any) -> Any:
    """The schema of an endpoint: its request and response, and the refusals that every endpoint may give."""
    refusal = shapes.RefusalSerializer
    responses = {
        status_code: answer,
        400: refusal,
        401: refusal,
        403: refusal,
        404: refusal,
        409: shapes.MarkConflictSerializer,
        429: OpenApiResponse(refusal, description="Too many requests; `Retry-After` says for how many seconds."),
    }
    more.setdefault("responses", responses)
    return extend_schema(request=request, operation_id=name or None, **more)


class NowhereView(LimitedView):
    """The 404 of unknown addresses under `/api/`, in the shape of the API's refusals instead of a page."""

    authentication_classes: list[type[BaseAuthentication]] = []  # the same for everyone
    permission_classes: list[type[BasePermission]] = []

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.perform_authentication(request)
        raise Http404


class TokenScheme(OpenApiAuthenticationExtension):
    """Description of the tokens in the schema. Registered by being defined."""

    target_class = "accounts.tokens.authentication.TokenAuthentication"
    name = "apiToken"

    def get_security_definition(self, auto_schema: Any) -> Any:
        return build_bearer_security_scheme_object(
            header_name="Authorization", token_prefix=self.target.authenticate_header(None)
        )
