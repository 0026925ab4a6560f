"""The register of a session: opening, taking pictures, marking, deciding, closing."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.http import SchoolRequest
from attendance.costs.budget import past_cap
from attendance.errors import AttendanceError
from attendance.lessons.access import get_session_or_404
from attendance.models import ClassSession
from attendance.register.errors import MarkConflict
from attendance.register.forms import MarkForm, UndoForm
from attendance.register.marks import mark_say, mark_undo
from attendance.register.page import read_register
from attendance.register.sessions import session_close, session_open, session_reopen
from attendance.register.toasts import Toast, conflict_toast, marked_toast
from enrollment.pictures import PictureError

View = Callable[..., HttpResponse]


@require_GET
def session(request: SchoolRequest, institution: str, session_id: UUID) -> HttpResponse:
    """The register's page."""
    found = get_session_or_404(request, session_id)
    return render(request, "attendance/register/session.html", register_context(found))


def register_action(action: Callable[..., Toast | None]) -> View:
    """A view that does one thing to a register and shows it again, whole, with what there is to say.

    HTMX gets the register and a toast; a browser without script is sent back to the page.
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
    # With what the page says of it, in one question.
    found.refresh_from_db(from_queryset=ClassSession.objects.select_related("institution", "course", "closed_by"))
    context = {**register_context(found), "toast": toast, "fresh": True}
    return render(request, "attendance/register/_register_answer.html", context)


def register_context(found: ClassSession) -> dict[str, Any]:
    """What `_register.html` is drawn from."""
    return {
        "session": found,
        "register": read_register(found),
        "past_cap": past_cap(found.institution) if found.is_open and found.institution.faces_enabled else "",
        "nonce": uuid4(),
        "demo": settings.DEMO,
        "max_bytes": settings.PICTURE_MAX_BYTES,
    }


@register_action
def open_(request: SchoolRequest, session: ClassSession) -> None:
    session_open(session=session, by=request.user)


@register_action
def close(request: SchoolRequest, session: ClassSession) -> Toast:
    session_close(session=session, by=request.user)
    return Toast(_("Register closed."))


@register_action
def reopen(request: SchoolRequest, session: ClassSession) -> Toast:
    session_reopen(session=session, by=request.user, reason=request.POST.get("reason", ""))
    return Toast(_("Register reopened."))


@register_action
def mark(request: SchoolRequest, session: ClassSession, student_id: UUID) -> Toast:
    form = MarkForm(request.POST, session=session)
    if not form.is_valid():
        return Toast(form.first_error(), is_error=True)
    made = mark_say(
        session=session,
        student_id=student_id,
        word=form.word(),
        by=request.user,
        expected_version=form.cleaned_data["version"],
    )
    return marked_toast(session, made)


@register_action
def undo(request: SchoolRequest, session: ClassSession, student_id: UUID) -> Toast:
    form = UndoForm(request.POST)
    if not form.is_valid():
        return Toast(_("There is nothing to undo."), is_error=True)
    mark_undo(session=session, student_id=student_id, by=request.user, expected_version=form.cleaned_data["version"])
    return Toast(_("Undone."))
