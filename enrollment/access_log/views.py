"""The access log as a page and as a spreadsheet."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.access import require_role
from accounts.http import SchoolRequest
from accounts.models import Role
from enrollment.access import Act, access_record
from enrollment.access_log.forms import LogFilterForm
from enrollment.access_log.selectors import records_exported, records_of, records_shown
from enrollment.spreadsheets import csv_stream

_A_PAGE = 100


@require_GET
def access_log(request: SchoolRequest, institution: str) -> HttpResponse:
    """The entries, newest first, filtered by student, person, act and period."""
    require_role(request, Role.ADMIN)
    form = LogFilterForm(request.GET or None)
    wanted = _wanted(form)
    page = Paginator(records_of(request.institution, wanted), _A_PAGE).get_page(request.GET.get("page"))
    query = urlencode({name: request.GET[name] for name in form.fields if request.GET.get(name)})
    context = {
        "form": form,
        "page": page,
        "records": records_shown(request.institution, page.object_list),
        "query": f"{query}&" if query else "",
        "is_filtered": bool(query),
    }
    return render(request, "enrollment/access_log/page.html", context, status=400 if form.errors else 200)


@require_GET
def access_log_file(request: SchoolRequest, institution: str) -> HttpResponseBase:
    """The filtered entries as CSV. The export is an entry of its own."""
    require_role(request, Role.ADMIN)
    wanted = _wanted(LogFilterForm(request.GET or None))
    records = records_of(request.institution, wanted)
    access_record(Act.EXPORTED, institution=request.institution, by=request.user, what="access log")
    rows = _rows(records_exported(request.institution, records))
    return csv_stream(f"access-log-{timezone.localdate():%Y-%m-%d}", rows)


def _wanted(form: LogFilterForm) -> dict[str, Any]:
    """Values to filter by; none where the form is faulty or empty."""
    return form.cleaned_data if form.is_bound and form.is_valid() else {}


def _rows(records: Iterator[Any]) -> Iterator[list[str]]:
    yield [_("Time"), _("Seen or changed by"), _("Act"), _("Student"), _("Details")]
    for record in records:
        at = timezone.localtime(record.at).isoformat(timespec="seconds")
        yield [at, record.actor, str(record.act), record.student, record.detail]
