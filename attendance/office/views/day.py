"""The page of the office's day, and reminders of registers."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseNotModified
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.access import require_role
from accounts.files import KEEP_NOTHING
from accounts.http import SchoolRequest
from accounts.models import Role
from attendance.errors import AttendanceError
from attendance.lessons.access import get_session_or_404
from attendance.office.frame import office_context
from attendance.office.live import day_version
from attendance.office.reminders import register_remind
from enrollment.access import Act, access_record


@require_GET
def office(request: SchoolRequest, institution: str) -> HttpResponse:
    """The absent and since when, registers not taken, the desk, and what waits."""
    require_role(request, Role.ADMIN)
    context = office_context(request.institution)
    access_record(Act.DAY_SEEN, institution=request.institution, by=request.user)
    return render(request, "attendance/office/page.html", context)


@require_GET
def live(request: SchoolRequest, institution: str) -> HttpResponse:
    """The page's own part, for a page that is open; 304 if it has this version already (`If-None-Match`)."""
    membership = require_role(request, Role.ADMIN)
    shown = (day_version(request.institution), membership.pk, get_language())
    etag = f'"{salted_hmac("office-live", repr(shown)).hexdigest()[:32]}"'
    if request.headers.get("If-None-Match") == etag:
        answer: HttpResponse = HttpResponseNotModified()
    else:
        answer = render(request, "attendance/office/_day.html", office_context(request.institution))
    answer["ETag"], answer["Cache-Control"] = etag, KEEP_NOTHING
    return answer


@require_POST
def remind(request: SchoolRequest, institution: str, session_id: UUID) -> HttpResponse:
    """Remind those who take a lesson of its register."""
    require_role(request, Role.ADMIN)
    session = get_session_or_404(request, session_id)
    url = request.build_absolute_uri(reverse("session", args=[institution, session.pk]))
    try:
        reminder = register_remind(session=session, url=url, by=request.user)
    except AttendanceError as error:
        messages.error(request, str(error))
        return redirect("office", institution)
    if reminder.error:
        messages.error(request, _("The reminder did not leave. %s") % reminder.error)
    else:
        said = ngettext("Reminder sent to %d person.", "Reminder sent to %d people.", reminder.recipients)
        messages.success(request, said % reminder.recipients)
    return redirect("office", institution)
