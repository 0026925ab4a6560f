"""Fragments of an open register, asked for every second: mostly nothing has changed, and that costs one query."""

import hashlib
import threading
from uuid import UUID

from django.core.cache import cache
from django.http import HttpResponse, HttpResponseNotModified
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.crypto import salted_hmac
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from accounts.files import KEEP_NOTHING
from accounts.http import SchoolRequest
from attendance.lessons.access import get_session_or_404
from attendance.models import ClassSession
from attendance.register.board import read_board
from attendance.register.frame import register_context
from attendance.register.live import others_at, others_here, register_version

DRAWN = 30  # seconds that a rendered register is kept for the other pages that show it
_drawing = threading.Lock()


@require_GET
def live(request: SchoolRequest, institution: str, session_id: UUID) -> HttpResponse:
    """The register as a fragment, and who else has it open; 304 if the page knows both already (`If-None-Match`).

    The tag is made for one person with the portal's secret: anyone who has it was let in when it was given, and learns
    nothing by a 304. So the lesson is looked up, and access checked, only where there is something to show.
    """
    version = register_version(session_id)
    etag = _own_etag(request, session_id, version, others_at(session_id, request.user))
    if request.headers.get("If-None-Match") == etag:
        others_here(session_id, request.user)
        return _answer(HttpResponseNotModified(), etag)
    found = get_session_or_404(request, session_id)
    others = others_here(session_id, request.user)
    etag = _own_etag(request, session_id, version, others)
    page = _drawn(request, found, version) + render_to_string("attendance/register/_others.html", {"others": others})
    return _answer(HttpResponse(page), etag)


@require_GET
def board(request: SchoolRequest, institution: str, session_id: UUID) -> HttpResponse:
    """The projector's view: how many are here, and their first names unless `names=0`. 304 as for `live`."""
    found = get_session_or_404(request, session_id)
    etag = _etag(register_version(found.pk))
    if request.headers.get("If-None-Match") == etag:
        return _answer(HttpResponseNotModified(), etag)
    names = request.GET.get("names", "1") != "0"
    template = "attendance/register/_board.html" if request.htmx else "attendance/register/board.html"
    return _answer(render(request, template, {"session": found, "board": read_board(found), "names": names}), etag)


def _etag(*of: object) -> str:
    return f'"{hashlib.sha256(repr(of).encode()).hexdigest()[:20]}"'


def _own_etag(request: SchoolRequest, *of: object) -> str:
    whose = (request.institution.pk, request.user.pk, request.membership.role)
    return f'"{salted_hmac("register-live", repr((whose, of))).hexdigest()[:32]}"'


def _answer(response: HttpResponse, etag: str) -> HttpResponse:
    """The response with its tag. It names students: only the page that asked may keep it, no cache on the way."""
    response["ETag"], response["Cache-Control"] = etag, KEEP_NOTHING
    return response


def _drawn(request: SchoolRequest, found: ClassSession, version: str) -> str:
    """The register's HTML, rendered once for all pages that show it, and by one thread at a time.

    Without the request, so that nobody's token is in it: live.js puts the page's own in. Rights differ by role alone
    while a register is open; otherwise it is rendered for each person.
    """
    who = request.membership.role if found.is_open else request.membership.pk
    key = f"register-drawn:{found.pk}:{version}:{who}:{get_language()}"
    with _drawing:
        page: str | None = cache.get(key)
        if page is None:
            shell = {"institution": found.institution, "membership": request.membership, "user": request.user}
            page = render_to_string("attendance/register/_register_live.html", {**register_context(found), **shell})
            cache.set(key, page, DRAWN)
    return page
