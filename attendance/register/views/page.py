"""The page of a register, and its actions: open, close, reopen, mark, undo."""

from http import HTTPStatus
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.http import SchoolRequest
from attendance.lessons.access import get_session_or_404
from attendance.models import ClassSession
from attendance.register.closing import read_closing
from attendance.register.forms import MarkForm, ReopenForm, UndoForm
from attendance.register.frame import register_action, register_context
from attendance.register.live import register_tag, register_version
from attendance.register.marks import mark_say, mark_undo
from attendance.register.sessions import session_close, session_open, session_reopen
from attendance.register.toasts import Toast, closed_toast, marked_toast
from enrollment.access import Act, access_record


@require_GET
def session(request: SchoolRequest, institution: str, session_id: UUID) -> HttpResponse:
    """The register's page."""
    version = register_version(session_id)  # before anything of it is read: a change in between is asked for again
    found = get_session_or_404(request, session_id)
    access_record(Act.REGISTER_SEEN, institution=request.institution, by=request.user, session=found.pk)
    context = {**register_context(found), "tag": register_tag(version, request.membership)}
    return render(request, "attendance/register/session.html", context)


@register_action
def open_(request: SchoolRequest, session: ClassSession) -> None:
    session_open(session=session, by=request.user)


@require_http_methods(["GET", "POST"])
def close(request: SchoolRequest, institution: str, session_id: UUID) -> HttpResponse:
    """GET: what closing would do, student by student; with HTMX for the dialog. POST: closes."""
    if request.method == "POST":
        return _close(request, institution, session_id)
    found = get_session_or_404(request, session_id)
    if not found.is_open and request.htmx:  # the dialog has nothing to show: the page below it follows by itself
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    if not found.is_open:
        return redirect("session", institution, session_id)
    context = {**register_context(found), "is_dialog": bool(request.htmx)}
    context["closing"] = read_closing(context["register"])
    access_record(Act.REGISTER_SEEN, institution=request.institution, by=request.user, session=found.pk)
    page = "attendance/register/_closing.html" if request.htmx else "attendance/register/closing.html"
    return render(request, page, context)


@register_action
def _close(request: SchoolRequest, session: ClassSession) -> Toast:
    session_close(session=session, by=request.user)
    return closed_toast(session)


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
