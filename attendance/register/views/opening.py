"""Actions on a register as a whole besides opening and closing: give it up, follow the course, late or present."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.http import SchoolRequest
from attendance.models import ClassSession
from attendance.register.frame import register_action
from attendance.register.late import late_decide
from attendance.register.roster import roster_follow
from attendance.register.sessions import session_give_up
from attendance.register.toasts import Toast


@register_action
def give_up(request: SchoolRequest, session: ClassSession) -> Toast:
    """Take back the opening of a register in which nothing stands yet."""
    session_give_up(session=session, by=request.user)
    return Toast(_("The register is not open any more."))


@register_action
def follow(request: SchoolRequest, session: ClassSession) -> Toast:
    """Take over who joined the course and who left it."""
    roster_follow(session=session, by=request.user)
    return Toast(_("The register follows the course."))


@register_action
def late(request: SchoolRequest, session: ClassSession) -> Toast:
    """Answer whether those who came after the grace period are late."""
    counts = request.POST.get("counts") != "no"
    changed = late_decide(session=session, counts=counts, by=request.user)
    if counts:
        return Toast(_("They stay late."))
    return Toast(ngettext("%d student is present now.", "%d students are present now.", changed) % changed)
