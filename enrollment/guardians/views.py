"""The office's pages of guardians: their accounts, whom they may see, and the orders that keep one away."""

from uuid import UUID, uuid4

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from accounts.access import require_role
from accounts.errors import AccountError
from accounts.http import SchoolRequest, id_in
from accounts.jobs import jobs_visible_to
from accounts.mail import mail_is_sent
from accounts.models import Role
from enrollment.errors import EnrollmentError
from enrollment.guardians.forms import ReasonForm
from enrollment.guardians.inviting import KIND, guardian_access_end, guardian_invite, guardians_invite
from enrollment.guardians.orders import no_contact_order_lift, no_contact_order_record
from enrollment.guardians.selectors import STATES, guardians_of, to_invite, with_account
from enrollment.models import Group, Guardian, Guardianship, NoContactOrder
from enrollment.scope import scope_of

A_PAGE = 60
TOLD = {
    "invited": gettext_lazy("An invitation went to %s."),
    "sent_again": gettext_lazy("A new link went to %s."),
    "linked": gettext_lazy("%s is a member already, and can see their child from now on."),
}


@require_GET
def guardians(request: SchoolRequest, institution: str) -> HttpResponse:
    """Guardians of a group or the whole school, with what is known of their accounts."""
    membership = require_role(request, Role.ADMIN)
    scope = scope_of(request.institution, request.GET)
    text, state = request.GET.get("q", "").strip(), request.GET.get("state", "")
    rows = guardians_of(scope.students, text=text, state=state)
    job = jobs_visible_to(membership).filter(pk=id_in(request.GET.get("job", "")) or uuid4(), kind=KIND).first()
    context = {
        "scope": scope,
        "page": Paginator(rows, A_PAGE).get_page(request.GET.get("page")),
        "to_invite": to_invite(scope.students).count(),
        "groups": Group.objects.for_institution(request.institution).filter(is_active=True).order_by("name_key"),
        "q": text,
        "state": state if state in STATES else "",
        "nonce": uuid4(),
        "result": job.result if job else None,
        "mail_is_sent": mail_is_sent(),
    }
    return render(request, "enrollment/guardians/guardians.html", context)


@require_POST
def guardians_invite_(request: SchoolRequest, institution: str) -> HttpResponse:
    """Invite everybody on the list who has an address and was not invited."""
    require_role(request, Role.ADMIN)
    scope = scope_of(request.institution, request.POST)
    try:
        job = guardians_invite(
            institution=request.institution,
            guardians=set(to_invite(scope.students).values_list("pk", flat=True)),
            by=request.user,
            addresses=request,
            nonce=id_in(request.POST.get("nonce", "")) or uuid4(),
        )
    except EnrollmentError as error:
        messages.error(request, str(error))
        return redirect("guardians", institution)
    return redirect("job", institution, job.pk)


@require_GET
def guardian(request: SchoolRequest, institution: str, guardian_id: UUID) -> HttpResponse:
    """A guardian: contact, account, children, orders."""
    return _page(request, _own(request, guardian_id))


@require_POST
def guardian_invite_(request: SchoolRequest, institution: str, guardian_id: UUID) -> HttpResponse:
    """Invite one guardian, or mail the link again."""
    found = _own(request, guardian_id)
    try:
        outcome = guardian_invite(guardian=found, by=request.user, addresses=request)
    except (EnrollmentError, AccountError) as error:
        messages.error(request, str(error))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, str(TOLD[outcome]) % found.name)
    return redirect("guardian", institution, found.pk)


@require_POST
def guardian_end(request: SchoolRequest, institution: str, guardian_id: UUID) -> HttpResponse:
    """End a guardian's access."""
    found = _own(request, guardian_id)
    guardian_access_end(guardian=found)
    messages.success(request, _("%s no longer sees anything here.") % found.name)
    return redirect("guardian", institution, found.pk)


@require_POST
def order_record(request: SchoolRequest, institution: str, guardian_id: UUID, student_id: UUID) -> HttpResponse:
    """Keep the guardian from a student."""
    found = _own(request, guardian_id)
    relation = get_object_or_404(_relations(found), student=student_id)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _page(request, found, refused={student_id: form})
    no_contact_order_record(relation=relation, reason=form.cleaned_data["reason"], by=request.user)
    messages.success(request, _("From now on %s is told and shown nothing about this student.") % found.name)
    return redirect("guardian", institution, found.pk)


@require_POST
def order_lift(request: SchoolRequest, institution: str, guardian_id: UUID, student_id: UUID) -> HttpResponse:
    """Lift the order that keeps the guardian from a student."""
    found = _own(request, guardian_id)
    orders = NoContactOrder.objects.for_institution(request.institution).filter(guardian=found, lifted_at=None)
    order = get_object_or_404(orders, student=student_id)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _page(request, found, refused={student_id: form})
    try:
        no_contact_order_lift(order=order, reason=form.cleaned_data["reason"], by=request.user)
    except EnrollmentError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The order is lifted. It stays on record."))
    return redirect("guardian", institution, found.pk)


def _own(request: SchoolRequest, guardian_id: UUID) -> Guardian:
    require_role(request, Role.ADMIN)
    rows = with_account(Guardian.objects.for_institution(request.institution))
    return get_object_or_404(rows.select_related("institution", "user", "invitation"), pk=guardian_id)


def _relations(found: Guardian) -> QuerySet[Guardianship]:
    rows: QuerySet[Guardianship] = Guardianship.objects.for_institution(found.institution).filter(guardian=found)
    return rows.select_related("institution", "guardian", "student")


def _page(request: SchoolRequest, found: Guardian, refused: dict[UUID, ReasonForm] | None = None) -> HttpResponse:
    """The guardian's page; `refused` holds the form of a student that was not complete."""
    own = NoContactOrder.objects.for_institution(request.institution).filter(guardian=found)
    orders = list(own.select_related("student"))
    standing = {order.student_id for order in orders if order.lifted_at is None}
    forms = refused or {}
    rows = [
        (each, each.student_id in standing, forms.get(each.student_id) or ReasonForm()) for each in _relations(found)
    ]
    context = {"guardian": found, "rows": rows, "orders": orders, "mail_is_sent": mail_is_sent()}
    return render(request, "enrollment/guardians/guardian.html", context)
