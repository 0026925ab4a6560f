"""Access helpers for views: 403 unless the visitor has the right role."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse

from accounts.http import PortalRequest, SchoolRequest
from accounts.models import Membership, Role


def require_role(request: PortalRequest | SchoolRequest, *roles: Role) -> Membership:
    """The visitor's membership, if its role is one of `roles`. Raises PermissionDenied (403).

    Strangers never come this far: the tenancy middleware answered them with 404.
    """
    membership = request.membership
    if membership is None or membership.role not in roles:
        raise PermissionDenied
    return membership


def require_staff(request: PortalRequest | SchoolRequest) -> Membership:
    """The membership of a teacher or an administrator. Raises PermissionDenied (403)."""
    return require_role(request, Role.TEACHER, Role.ADMIN)


def for_operators(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The view, for superusers: anyone else who is signed in finds nothing there."""

    @wraps(view)
    def shown(request: SchoolRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_superuser:
            raise Http404
        return view(request, *args, **kwargs)

    return login_required(shown)
