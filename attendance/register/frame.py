"""The frame of a view that acts on a register: access, errors as toasts, and the register drawn again."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from accounts.http import SchoolRequest
from attendance.costs.budget import past_cap
from attendance.errors import AttendanceError
from attendance.lessons.access import get_session_or_404
from attendance.models import ClassSession
from attendance.register.errors import MarkConflict
from attendance.register.live import register_tag, register_version
from attendance.register.page import read_register
from attendance.register.toasts import Toast, conflict_toast
from enrollment.errors import PictureError

View = Callable[..., HttpResponse]


def register_action(action: Callable[..., Toast | None]) -> View:
    """Make a view of an action on a register: it authorises, acts, and answers with the whole register and a toast.

    action: called with the request, the session and the rest of the address; returns a toast or None. A conflict, an
    error of attendance or of a picture becomes an error toast. HTMX gets the register and the toast; a browser without
    script is sent back to the page.
    """

    @require_POST
    @wraps(action)
    def view(request: SchoolRequest, institution: str, session_id: UUID, **kwargs: Any) -> HttpResponse:
        found = get_session_or_404(request, session_id)
        try:
            toast = action(request, found, **kwargs)
        except MarkConflict as error:
            toast = conflict_toast(found, error)
        except (AttendanceError, PictureError) as error:
            toast = Toast(str(error), is_error=True)
        return _answer(request, found, toast)

    return view


def _answer(request: SchoolRequest, found: ClassSession, toast: Toast | None) -> HttpResponse:
    if not request.htmx:
        if toast:
            messages.add_message(request, messages.ERROR if toast.is_error else messages.SUCCESS, toast.text)
        return redirect("session", found.institution.slug, found.pk)
    tag = register_tag(register_version(found.pk), request.membership)  # before anything of it is read
    # Together with all that the page says of it, in one query.
    found.refresh_from_db(from_queryset=ClassSession.objects.select_related("institution", "course", "closed_by"))
    context = {**register_context(found), "toast": toast, "fresh": True, "tag": tag}
    return render(request, "attendance/register/_register_answer.html", context)


def register_context(found: ClassSession) -> dict[str, Any]:
    """The context of `_register.html`: the register with its faces, the spending cap, a nonce for the next photo."""
    return {
        "session": found,
        "register": read_register(found),
        "past_cap": past_cap(found.institution) if found.is_open and found.institution.faces_enabled else "",
        "nonce": uuid4(),
        "demo": settings.DEMO or found.institution.practice_of_id is not None,
        "max_bytes": settings.PICTURE_MAX_BYTES,
    }
