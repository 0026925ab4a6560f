"""Marking everybody else by hand in one action, and undoing it."""

from django.utils.translation import gettext as _

from accounts.http import SchoolRequest
from attendance.domain.statuses import Status
from attendance.models import ClassSession
from attendance.register.forms import RestForm
from attendance.register.frame import register_action
from attendance.register.rest import marks_set_rest, marks_undo_rest
from attendance.register.toasts import Toast, rest_toast


@register_action
def rest(request: SchoolRequest, session: ClassSession) -> Toast:
    form = RestForm(request.POST)
    if not form.is_valid():
        return Toast(_("That is not a status. Reload the page and try again."), is_error=True)
    status = Status(form.cleaned_data["status"])
    return rest_toast(session, marks_set_rest(session=session, status=status, by=request.user), status)


@register_action
def rest_undo(request: SchoolRequest, session: ClassSession, number: int) -> Toast:
    taken_back = marks_undo_rest(session=session, number=number, by=request.user)
    return Toast(_("Undone.") if taken_back.marked else _("There is nothing to undo."))
