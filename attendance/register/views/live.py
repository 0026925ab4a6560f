"""Fragments of an open register, asked for every second: mostly nothing has changed, and that costs one query."""

import hashlib
import threading
from uuid import UUID

from django.core.cache import cache
from django.http import HttpResponse, HttpResponseNotModified
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from accounts.files import KEEP_NOTHING
from accounts.http import SchoolRequest
from attendance.lessons.access import get_session_or_404
from attendance.models import ClassSession
from attendance.register.board import read_board
from attendance.register.frame import register_context
from attendance.register.live import Version, others_at, others_here, own_hash, register_tag, register_version
from attendance.register.page import read_unfinished

DRAWN = 30  # seconds that a rendered register is kept for the other pages that show it
_drawing = threading.Lock()


@require_GET
def live(request: SchoolRequest, institution: str, session_id: UUID) -> HttpResponse:
    """Fragments of the register that the page does not show yet, and who else has it open; 304 if it shows all.

    The page says by its tag (`If-None-Match`) what it shows, in three parts: the register without the pictures that are
    not finished, those pictures, and who else is there. Only parts that differ are drawn. The tag is made for one
    person with the portal's secret: anyone who has it was let in when it was given, and learns nothing by a 304. So the
    lesson is looked up, and access checked, only where there is something to show.
    """
    known = _known(request)
    version = register_version(session_id)
    tag = register_tag(version, request.membership)
    if known == (*tag.split("."), _others_tag(request, others_at(session_id, request.user))):
        others_here(session_id, request.user)
        return _answer(HttpResponseNotModified(), ".".join(known))
    found = get_session_or_404(request, session_id)
    others = others_here(session_id, request.user)
    pieces = [_changed(request, found, version, tag, known)]
    if known[2] != (others_tag := _others_tag(request, others)):
        pieces.append(render_to_string("attendance/register/_others.html", {"others": others}))
    return _answer(HttpResponse("".join(pieces)), f"{tag}.{others_tag}")


@require_GET
def board(request: SchoolRequest, institution: str, session_id: UUID) -> HttpResponse:
    """The projector's view: how many are here, and their first names unless `names=0`. 304 as for `live`."""
    found = get_session_or_404(request, session_id)
    etag = hashlib.sha256(register_version(found.pk).settled.encode()).hexdigest()[:20]
    if _asked(request) == etag:
        return _answer(HttpResponseNotModified(), etag)
    names = request.GET.get("names", "1") != "0"
    template = "attendance/register/_board.html" if request.htmx else "attendance/register/board.html"
    return _answer(render(request, template, {"session": found, "board": read_board(found), "names": names}), etag)


def _known(request: SchoolRequest) -> tuple[str, str, str]:
    """The three parts of the tag of what the page shows; empty where it shows none, or does not know who is there."""
    settled, _, rest = _asked(request).partition(".")
    unfinished, _, others = rest.partition(".")
    return settled, unfinished, others


def _asked(request: SchoolRequest) -> str:
    """The page's tag, without its quotes. A proxy that compresses calls it weak."""
    return request.headers.get("If-None-Match", "").removeprefix("W/").strip('"')


def _others_tag(request: SchoolRequest, others: tuple[str, ...]) -> str:
    return own_hash(request.membership, "others", others)


def _changed(
    request: SchoolRequest, found: ClassSession, version: Version, tag: str, known: tuple[str, str, str]
) -> str:
    """The parts of the register, which now has this tag, that a page does not show, as HTML.

    What is not finished is drawn by itself only while there is something: afterwards more may have changed with it.
    """
    settled, unfinished = tag.split(".")
    if known[:2] == (settled, unfinished):
        return ""
    if known[0] == settled and (left := read_unfinished(found)).waiting:
        context = {"session": found, "institution": found.institution, "register": left}
        return render_to_string("attendance/register/_waiting_live.html", context)
    return _drawn(request, found, version)


def _answer(response: HttpResponse, etag: str) -> HttpResponse:
    """The response with its tag. It names students: only the page that asked may keep it, no cache on the way."""
    response["ETag"], response["Cache-Control"] = f'"{etag}"', KEEP_NOTHING
    return response


def _drawn(request: SchoolRequest, found: ClassSession, version: Version) -> str:
    """The register's HTML, rendered once for all pages that show it, and by one thread at a time.

    Without the request, so that nobody's token is in it: live.js puts the page's own in. Rights differ by role alone
    while a register is open; otherwise it is rendered for each person.
    """
    who = request.membership.role if found.is_open else request.membership.pk
    key = f"register-drawn:{found.pk}:{version.settled}:{version.unfinished}:{who}:{get_language()}"
    with _drawing:
        page: str | None = cache.get(key)
        if page is None:
            shell = {"institution": found.institution, "membership": request.membership, "user": request.user}
            page = render_to_string("attendance/register/_register_live.html", {**register_context(found), **shell})
            cache.set(key, page, DRAWN)
    return page
