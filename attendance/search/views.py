"""Search across the school: a page, and the list under the field at the top of every page."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.access import require_role
from accounts.http import SchoolRequest
from attendance.search.finding import SEARCHING, found_by, words_of

IN_LIST, ON_PAGE = 5, 50


@require_GET
def found(request: SchoolRequest, institution: str) -> HttpResponse:
    """Findings for `q`; with HTMX the short list alone."""
    membership = require_role(request, *SEARCHING)
    text = request.GET.get("q", "").strip()
    sections = found_by(membership, text, most=IN_LIST if request.htmx else ON_PAGE)
    context = {"text": text, "sections": sections, "is_too_short": bool(text) and not words_of(text)}
    name = "_list.html" if request.htmx else "page.html"
    return render(request, f"attendance/search/{name}", context)
