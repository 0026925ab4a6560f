"""Toasts shown after an action, with their undo link."""

from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from attendance.domain.marks import Mark
from attendance.domain.statuses import Status
from attendance.models import ClassSession
from attendance.register.edit_window import is_past_window
from attendance.register.errors import MarkConflict
from attendance.register.page import names_of
from attendance.register.rest import BulkMark
from attendance.register.status_codes import statuses_of
from enrollment.models import Student


@dataclass(frozen=True, slots=True)
class Toast:
    """One sentence; with `undo_url` and `undo_version` if the action can be undone."""

    text: str
    is_error: bool = False
    undo_url: str = ""
    undo_version: int = 0


def marked_toast(session: ClassSession, mark: Mark) -> Toast:
    """Toast with a student's name and new status."""
    label = statuses_of(session.institution).of_mark(mark).label
    return Toast(
        _("%(name)s: %(status)s") % {"name": _name(mark.student_id), "status": label},
        undo_url=reverse("undo", args=[session.institution.slug, session.pk, mark.student_id]),
        undo_version=mark.version,
    )


def closed_toast(session: ClassSession) -> Toast:
    """Toast after closing; its undo opens the register again, while its teachers may."""
    if is_past_window(session):
        return Toast(_("Register closed."))
    return Toast(_("Register closed."), undo_url=reverse("session_reopen", args=[session.institution.slug, session.pk]))


def rest_toast(session: ClassSession, rest: BulkMark, status: Status) -> Toast:
    """Toast with the number of students marked, and an undo for all of them at once."""
    if not rest.marked:
        return Toast(_("Everyone has a mark already."))
    if status is Status.ABSENT:
        text = ngettext("%d student marked absent.", "%d students marked absent.", rest.marked)
    else:
        text = ngettext("%d student marked present.", "%d students marked present.", rest.marked)
    return Toast(
        text % rest.marked, undo_url=reverse("rest_undo", args=[session.institution.slug, session.pk, rest.number])
    )


def conflict_toast(session: ClassSession, conflict: MarkConflict) -> Toast:
    """Toast for a mark that was not saved, with the change that somebody else made meanwhile."""
    mark = conflict.current
    if not isinstance(mark, Mark):
        return Toast(str(conflict), is_error=True)
    words = {
        "name": _name(mark.student_id),
        "status": statuses_of(session.institution).of_mark(mark).label,
        "at": date_format(timezone.localtime(mark.marked_at), "H:i"),
        "who": names_of([mark.actor_id]).get(mark.actor_id, ""),
    }
    if words["who"]:
        text = _("Not saved: %(who)s marked %(name)s meanwhile: %(status)s, %(at)s. Look before you change it.")
    else:
        text = _("Not saved: %(name)s was marked meanwhile: %(status)s, %(at)s. Look before you change it.")
    return Toast(text % words, is_error=True)


def guest_toast(session: ClassSession, student: Student) -> Toast:
    """Toast with the name of a new guest."""
    return Toast(
        _("%(name)s is on this register as a guest.") % {"name": student.name},
        undo_url=reverse("guest_remove", args=[session.institution.slug, session.pk, student.pk]),
    )


def _name(student_id: UUID) -> str:
    return Student.objects.values_list("name", flat=True).get(pk=student_id)
