"""The family's page behind a mailed link. It is public: the secret in its address is what admits to it."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from enrollment.consenting.replying import consent_reply, is_open, request_by_token, request_opened, standing_answer
from enrollment.consenting.wording import digest_of, wording_in
from enrollment.errors import EnrollmentError
from enrollment.models import Consent, ConsentRequest, ConsentWording

GONE = 410
ANSWERS = {"yes": Consent.Answer.GRANTED, "no": Consent.Answer.REFUSED}


@never_cache
@require_http_methods(["GET", "POST"])
def consent_answer(request: HttpRequest, school: str, token: str) -> HttpResponse:
    """The exact words in the chosen language, and two equal answers; later the answer, which can be changed."""
    found = request_by_token(school, token)
    if found is None:
        raise Http404
    chosen = request.POST.get("language") or request.GET.get("language") or ""
    asked = found.guardian.language if found.guardian else ""
    wording = wording_in(found.form, chosen, asked, found.institution.language)
    if wording is None:
        raise Http404
    with translation.override(wording.language), timezone.override(found.institution.zone):
        if not is_open(found):
            return _page(request, found, wording, status=GONE, has_ended=True)
        if request.method == "POST" and request.POST.get("answer") in ANSWERS:
            return _reply(request, found, wording)
        request_opened(found)
        return _page(request, found, wording)


def _reply(request: HttpRequest, found: ConsentRequest, wording: ConsentWording) -> HttpResponse:
    try:
        consent_reply(
            request=found,
            answer=ANSWERS[request.POST["answer"]],
            form_id=request.POST.get("form", ""),
            language=wording.language,
            seen=request.POST.get("seen", ""),
        )
    except EnrollmentError as error:
        return _page(request, found, wording, error=str(error), status=409)
    return redirect(f"{request.path}?language={wording.language}")


def _page(
    request: HttpRequest, found: ConsentRequest, wording: ConsentWording, *, status: int = 200, **more: Any
) -> HttpResponse:
    context = {
        "asked": found,
        "school": found.institution,
        "student": found.student,
        "form": found.form,
        "wording": wording,
        "wordings": found.form.wordings.all(),
        "seen": digest_of(wording),
        "answer": standing_answer(found),
        **more,
    }
    response = render(request, "enrollment/consenting/answer.html", context, status=status)
    response["X-Robots-Tag"] = "noindex"
    return response
