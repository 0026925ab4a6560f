"""The page of a register, and its actions: open, close, reopen, mark, undo."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.http import SchoolRequest
from attendance.lessons.access import get_session_or_404
from attendance.models import ClassSession
from attendance.register.forms import MarkForm, ReopenForm, UndoForm
from attendance.register.frame import register_action, register_context
from attendance.register.marks import mark_say, mark_undo
from attendance.register.sessions import session_close, session_open, session_reopen
from attendance.register.toasts import Toast, marked_toast
from enrollment.access import Act, access_record


@require_GET
def session(request: SchoolRequest, institution: str, session_id: UUID) -> HttpResponse:
    """The register's page."""
    found = get_session_or_404(request, session_id)
    access_record(Act.REGISTER_SEEN, institution=request.institution, by=request.user, session=found.pk)
    return render(request, "attendance/register/session.html", register_context(found))


@register_action
def open_(request: SchoolRequest, session: ClassSession) -> None:
    session_open(session=session, by=request.user)


@register_action
def close(request: SchoolRequest, session: ClassSession) -> Toast:
    session_close(session=session, by=request.user)
    return Toast(_("Register closed."))


@register_action
def reopen(request: SchoolRequest, session: ClassSession) -> Toast:
    form = ReopenForm(request.POST)
    if not form.is_valid():
        return Toast(str(form.errors["reason"][0]), is_error=True)
    session_reopen(session=session, by=request.user, reason=form.cleaned_data["reason"])
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
