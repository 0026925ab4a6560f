"""The pages behind a personal photo link: who opens them has no account. An unknown link is 404."""

from collections.abc import Callable
from typing import Any, BinaryIO, cast

from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from enrollment.batches.forms import PictureForm
from enrollment.batches.links import (
    consenting,
    is_checked,
    photo_link_by_token,
    photo_link_challenge,
    photo_link_check,
    photo_link_finish,
    photo_link_take,
    photos_by,
)
from enrollment.errors import EnrollmentError
from enrollment.models import PhotoLink
from enrollment.photo_outcomes import photo_verdict
from enrollment.readiness import POSES

GONE = 410
MOST_FRAMES = 24


@require_GET
@never_cache
def own_photos(request: HttpRequest, token: str) -> HttpResponse:
    """The state of the consent, and, where there is one, the camera with its guidance."""
    link = _link_or_404(token)
    if not link.is_valid:
        return render(request, "enrollment/batches/own_ended.html", {"link": link}, status=GONE)
    context = {
        "link": link,
        "token": token,
        "consent": consenting(link.student),
        "photos": photos_by(link),
        "poses": POSES,
        "needs_check": link.with_liveness and not is_checked(link),
    }
    return render(request, "enrollment/batches/own.html", context)


@require_POST
@never_cache
def own_photo_take(request: HttpRequest, token: str) -> JsonResponse:
    """One photo, enrolled at once; the answer is its outcome in words."""
    link = _link_or_404(token)
    form = PictureForm(request.POST, request.FILES)
    if not form.is_valid():
        return JsonResponse({"error": "no_picture"}, status=400)
    upload = cast(UploadedFile, form.cleaned_data["picture"])

    def take() -> dict[str, Any]:
        photo = photo_link_take(link=link, upload=upload)  # type: ignore[arg-type]
        words = "" if photo.state == "held" else photo_verdict(photo)  # whom it resembles is the office's to know
        return {"state": photo.state, "words": words, "photos": photos_by(link)}

    return _answer(take)


@require_POST
@never_cache
def own_check_begin(request: HttpRequest, token: str) -> JsonResponse:
    """A new check for a living face."""
    link = _link_or_404(token)

    def begin() -> dict[str, Any]:
        challenge = photo_link_challenge(link=link)
        return {"steps": [{"pose": step.pose, "milliseconds": step.milliseconds} for step in challenge.steps]}

    return _answer(begin)


@require_POST
@never_cache
def own_check(request: HttpRequest, token: str) -> JsonResponse:
    """The frames of a check, answered with its result."""
    link = _link_or_404(token)
    files, times = request.FILES.getlist("frames"), request.POST.getlist("at")
    is_whole = len(files) == len(times) <= MOST_FRAMES and all(time.isdecimal() and len(time) < 8 for time in times)
    if not is_whole:
        return JsonResponse({"error": "no_picture"}, status=400)
    frames = [(cast(BinaryIO, file), int(time)) for file, time in zip(files, times, strict=True)]
    return _answer(lambda: {"is_live": photo_link_check(link=link, frames=frames)})


@require_POST
@never_cache
def own_photos_finish(request: HttpRequest, token: str) -> HttpResponse:
    """End the link. It leads to the page that says so."""
    link = _link_or_404(token)
    if photos_by(link):
        photo_link_finish(link=link)
    return redirect("own_photos", token)


def _link_or_404(token: str) -> PhotoLink:
    link = photo_link_by_token(token)
    if link is None:
        raise Http404
    return link


def _answer(act: Callable[[], dict[str, Any]]) -> JsonResponse:
    try:
        return JsonResponse(act())
    except EnrollmentError as error:
        status = {"link_ended": GONE, "too_many_pictures": 429, "too_fast": 429}.get(error.code, 422)
        return JsonResponse({"error": error.code, "detail": str(error)}, status=status)
