"""Pages of notices: the school's choice and what was sent; and those behind a mail's link, for guardians."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
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
from accounts.models import Institution, OutboxMail, Role
from attendance.errors import AttendanceError
from attendance.models import AbsenceNotice, Excuse
from attendance.telling.choosing import (
    guardians_at_mailbox,
    guardians_of_account,
    notices_choose,
    notices_switch_off,
    notices_switch_on,
)
from attendance.telling.forms import ChoiceForm, NoticePolicyForm, ReasonForm
from attendance.telling.links import mail_by_token
from attendance.telling.replying import absence_explain, guardian_of, open_notices
from attendance.telling.selectors import notice_policy_of, recent_notices
from enrollment.models import Guardian

A_PAGE = 60
GONE = 410


@require_http_methods(["GET", "POST"])
def telling(request: SchoolRequest, institution: str) -> HttpResponse:
    """The school's choice, and the notices of the last weeks with what became of them."""
    require_role(request, Role.ADMIN)
    policy = notice_policy_of(request.institution)
    form = NoticePolicyForm(request.POST or None, instance=policy)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("telling", institution)
    state = request.GET.get("state", "")
    context = {
        "form": form,
        "is_on": policy.is_on,
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
    """Switch the notices to one mailbox off, by one click; on again; or have them at other times."""
    mail, guardian = _found(school, token)
    with translation.override(_spoken(mail, guardian)):
        guardians = guardians_at_mailbox(guardian)
        form = _choice(request, mail.institution, guardians)
        is_saved = "when" in request.POST and form.is_valid()
        return _page(request, "stop", mail, token, saved=is_saved, **_chosen(guardians, form, mail.institution))


@never_cache
@require_http_methods(["GET", "POST"])
def notice_choice(request: SchoolRequest, institution: str) -> HttpResponse:
    """The choice of a guardian who is signed in."""
    guardians = guardians_of_account(request.user, request.institution)
    if not guardians.exists():
        require_role(request, Role.GUARDIAN)
    form = _choice(request, request.institution, guardians)
    if request.method == "POST" and form.is_valid():
        messages.success(request, _("Saved."))
        return redirect("notice_choice", institution)
    return render(request, "attendance/telling/choice.html", _chosen(guardians, form, request.institution))


def _choice(request: HttpRequest, school: Institution, guardians: QuerySet[Guardian]) -> ChoiceForm:
    """Do what was posted, and return the form: `again`, `when` with a mode, or to stop, as a mail program posts it."""
    policy, act = notice_policy_of(school), request.POST
    if request.method == "POST" and "when" in act:
        form = ChoiceForm(act, policy=policy)
        if form.is_valid():
            notices_choose(guardians=guardians, mode=form.chosen)
        return form
    if request.method == "POST":
        switch = notices_switch_on if act.get("again") else notices_switch_off
        switch(guardians=guardians)
    modes = guardians.values_list("notice_mode", flat=True)
    return ChoiceForm({"mode": modes.first() or ""}, policy=policy)


def _chosen(guardians: QuerySet[Guardian], form: ChoiceForm, school: Institution) -> dict[str, Any]:
    return {
        "school": school,
        "policy": notice_policy_of(school),
        "is_off": not guardians.filter(notices_off_at=None).exists(),
        "form": form,
    }


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
    context = {**more, "school": mail.institution, "token": token}
    response = render(request, f"attendance/telling/{name}.html", context, status=status)
    response["X-Robots-Tag"] = "noindex"
    response["Referrer-Policy"] = "same-origin"
    return response
