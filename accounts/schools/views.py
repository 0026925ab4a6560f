"""Pages of the portal's operator: its schools, adding one, and a test of the mail server."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import for_operators
from accounts.errors import AccountError
from accounts.http import SchoolRequest
from accounts.mail import mail_is_sent, test_mail_send
from accounts.schools.creating import NewSchool, school_create
from accounts.schools.forms import SchoolForm
from accounts.schools.selectors import schools_with_admins
from accounts.zones import zone_names


@require_GET
@for_operators
def schools(request: SchoolRequest) -> HttpResponse:
    """All schools, and whether each has an administrator."""
    context = {"schools": schools_with_admins(), "mail_is_sent": mail_is_sent()}
    return render(request, "accounts/schools/schools.html", context)


@require_http_methods(["GET", "POST"])
@for_operators
def school_new(request: SchoolRequest) -> HttpResponse:
    """The form that adds a school and invites its first administrator."""
    own = {"admin_name": request.user.name, "admin_email": request.user.email}  # in a small school the same person
    form = SchoolForm(request.POST or None, initial=own)
    if request.method == "POST" and form.is_valid():
        try:
            made = school_create(**form.cleaned_data, by=request.user, addresses=request)
        except AccountError as error:
            form.add_error(None, str(error))
        else:
            return _after(request, made)
    context = {"form": form, "zones": zone_names(), "mail_is_sent": mail_is_sent()}
    return render(request, "accounts/schools/new.html", context)


def _after(request: SchoolRequest, made: NewSchool) -> HttpResponse:
    """The school's own page for somebody who administers it, else the list, which tells of the mail."""
    if made.invitation is None:
        messages.success(request, _("%s is added. You are its administrator.") % made.school)
        return redirect("institution", made.school.slug)
    made.invitation.refresh_from_db()
    told = {"school": made.school, "email": made.invitation.email, "why": made.invitation.mail_error}
    if made.invitation.mail_error:
        messages.error(request, _("%(school)s is added, but the mail to %(email)s did not leave. %(why)s") % told)
    else:
        messages.success(request, _("%(school)s is added. An invitation went to %(email)s.") % told)
    return redirect("schools")


@require_POST
@for_operators
def test_mail(request: SchoolRequest) -> HttpResponse:
    """Send a test e-mail to the operator's own address."""
    trouble = test_mail_send(to=request.user.email)
    if trouble:
        messages.error(request, trouble)
    else:
        messages.success(request, _("A test e-mail went to %s.") % request.user.email)
    return redirect("schools")
