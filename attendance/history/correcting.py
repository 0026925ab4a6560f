"""Correction of a closed register's mark from a form: on the page of its history, and over a cell of a matrix."""

from accounts.models import Membership, Role, User
from attendance.errors import AttendanceError
from attendance.history.forms import CorrectionForm
from attendance.history.story import MarkHistory
from attendance.models import ClassSession
from attendance.register.corrections import mark_correct
from attendance.register.edit_window import is_past_window
from attendance.register.status_codes import statuses_of
from enrollment.models import Student


def correction_form(session: ClassSession, story: MarkHistory) -> CorrectionForm:
    """The form with the mark as it is now."""
    late = story.mark.minutes_late if story.mark else 0
    initial = {"status": story.said.letter, "version": story.version, "minutes_late": late or None}
    return CorrectionForm(codes=statuses_of(session.institution), initial=initial)


def may_correct(session: ClassSession, membership: Membership) -> bool:
    """True for a closed register: within the teachers' time, or for an administrator."""
    is_closed = session.state == ClassSession.State.CLOSED
    return is_closed and (not is_past_window(session) or membership.role == Role.ADMIN)


def mark_correct_as_typed(form: CorrectionForm, *, session: ClassSession, student: Student, by: User) -> bool:
    """Correct the mark as the bound form says. Returns False, with the reason on the form, where that may not be."""
    if not form.is_valid():
        return False
    try:
        mark_correct(
            session=session,
            student_id=student.pk,
            correction=form.correction(),
            by=by,
            expected_version=form.cleaned_data["version"],
        )
    except AttendanceError as error:
        form.add_error(None, str(error))
        return False
    return True
