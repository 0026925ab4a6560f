"""Pages of notices: the school's choice and what was sent; and those behind a mail's link, for guardians."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.access import require_role
from accounts.http import SchoolRequest
from accounts.mail import mail_is_sent
from accounts.models import OutboxMail, Role
from attendance.errors import AttendanceError
from attendance.models import AbsenceNotice, Excuse
from attendance.telling.forms import NoticePolicyForm, ReasonForm
from attendance.telling.links import mail_by_token
from attendance.telling.replying import (
    absence_explain,
    guardian_of,
    notices_switch_off,
    notices_switch_on,
    open_notices,
)
from attendance.telling.selectors import notice_policy_of, recent_notices
from enrollment.models import Guardian

A_PAGE = 60
GONE = 410


@require_http_methods(["GET", "POST"])
def telling(request: SchoolRequest, institution: str) -> HttpResponse:
    """The school's choice, and the notices of the last weeks with what became of them."""
    require_role(request, Role.ADMIN)
    form = NoticePolicyForm(request.POST or None, instance=notice_policy_of(request.institution))
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("telling", institution)
    state = request.GET.get("state", "")
    context = {
        "form": form,
        "is_on": notice_policy_of(request.institution).is_on,
        "page": Paginator(recent_notices(request.institution, state), A_PAGE).get_page(request.GET.get("page")),
        "states": AbsenceNotice.State.choices,
        "state": state if state in AbsenceNotice.State.values else "",
        "mail_is_sent": mail_is_sent(),
    }
    return render(request, "attendance/telling/telling.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
def absence_reply(request: HttpRequest, school: str, token: str) -> HttpResponse:
    """The absences of which a mail told, and the form that explains them."""
    mail, guardian = _found(school, token)
    with translation.override(_spoken(mail, guardian)), timezone.override(mail.institution.zone):
        notices = open_notices(mail)
        waiting = [each for each in notices if each.replied_at is None]
        if not notices:
            return _page(request, "reply", mail, token, status=GONE, notices=[])
        form = ReasonForm(request.POST or None, notices=waiting)
        error = ""
        if request.method == "POST" and form.is_valid():
            try:
                absence_explain(
                    mail=mail,
                    chosen=[each.pk for each in form.cleaned_data["notices"]],
                    kind=Excuse.Kind(form.cleaned_data["kind"]),
                    note=form.cleaned_data["note"],
                )
                return redirect("absence_reply", school, token)
            except AttendanceError as refused:
                error = str(refused)
        return _page(request, "reply", mail, token, notices=notices, waiting=waiting, form=form, error=error)


@csrf_exempt  # a mail program posts here by itself, without a page of ours (RFC 8058); the token admits
@never_cache
@require_http_methods(["GET", "POST"])
def absence_stop(request: HttpRequest, school: str, token: str) -> HttpResponse:
    """Switch the notices of one guardian off, by one click; and on again."""
    mail, guardian = _found(school, token)
    if request.method == "POST":
        switch = notices_switch_on if request.POST.get("again") else notices_switch_off
        switch(guardian=guardian)
        guardian.refresh_from_db()
    with translation.override(_spoken(mail, guardian)):
        return _page(request, "stop", mail, token, is_off=guardian.notices_off_at is not None)


def _found(school: str, token: str) -> tuple[OutboxMail, Guardian]:
    mail = mail_by_token(school, token)
    guardian = guardian_of(mail) if mail else None
    if mail is None or guardian is None:
        raise Http404
    return mail, guardian


def _spoken(mail: OutboxMail, guardian: Guardian) -> str:
    account = guardian.user
    return (account.language if account else "") or guardian.language or mail.institution.language


def _page(
    request: HttpRequest, name: str, mail: OutboxMail, token: str, *, status: int = 200, **more: Any
) -> HttpResponse:
    context = {"school": mail.institution, "token": token, **more}
    response = render(request, f"attendance/telling/{name}.html", context, status=status)
    response["X-Robots-Tag"] = "noindex"
    response["Referrer-Policy"] = "same-origin"
    return response
