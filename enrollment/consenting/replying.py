"""Answering by link: the request behind a secret, and the answer that its recipient gives."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.link_secrets import hash_of
from enrollment.consenting.mails import receipt_queue
from enrollment.consenting.recipients import may_answer
from enrollment.consenting.wording import digest_of
from enrollment.domain.consents import last_day
from enrollment.errors import EnrollmentError
from enrollment.models import Consent, ConsentForm, ConsentRequest, ConsentWording
from enrollment.services.consents import AnswerInput, consent_answer, consent_settle

State = ConsentRequest.State


def request_by_token(school: str, token: str) -> ConsentRequest | None:
    """The request of a school (its slug) whose link has this secret, in whatever state; None if there is none."""
    requests = ConsentRequest.objects.select_related("institution", "student__institution", "guardian", "form")
    return requests.filter(token_hash=hash_of(token), institution__slug=school).first()


def is_open(request: ConsentRequest) -> bool:
    """True while its recipient can answer, or change the answer: an answered link does not expire by itself."""
    if request.state == State.REVOKED or not may_answer(request):
        return False
    return request.state == State.ANSWERED or timezone.now() < request.expires_at


def request_opened(request: ConsentRequest) -> None:
    """Note the first time that somebody opened the link."""
    ConsentRequest.objects.filter(pk=request.pk, opened_at=None).update(opened_at=timezone.now())


def standing_answer(request: ConsentRequest) -> Consent | None:
    """The recipient's answer that counts now, also one on paper; None before they answered."""
    answers = Consent.objects.for_institution(request.institution).standing().filter(student=request.student)
    own = answers.filter(guardian=request.guardian) if request.guardian_id else answers.filter(by_student=True)
    return own.first()


def consent_reply(
    *, request: ConsentRequest, answer: Consent.Answer, form_id: str, language: str, seen: str
) -> Consent:
    """Record the recipient's answer, to the words that they saw; a refusal holds when this returns.

    seen: `digest_of` those words. A receipt leaves by the outbox. Raises EnrollmentError `link_ended`, `words_changed`,
    and what `consent_answer` raises.
    """
    with transaction.atomic():
        locked = ConsentRequest.objects.select_for_update().get(pk=request.pk)
        if locked.token_hash != request.token_hash or not is_open(locked):
            raise EnrollmentError("link_ended", _("This link is no longer valid."))
        wording = _words_seen(locked, form_id, language, seen)
        given = _given(locked, wording, answer)
        consent = consent_answer(student=locked.student, given=given, recorded_by=None)
        ConsentRequest.objects.filter(pk=locked.pk).update(state=State.ANSWERED, answer=consent)
        receipt_queue(request=locked, answer=consent)
    if consent.answer != Consent.Answer.GRANTED:
        consent_settle(student=locked.student)
    return consent


def _given(request: ConsentRequest, wording: ConsentWording, answer: Consent.Answer) -> AnswerInput:
    form, guardian = wording.form, request.guardian
    return AnswerInput(
        answer=answer,
        given_by=guardian.name if guardian else request.student.name,
        wording=form.version,
        form=form,
        guardian=guardian,
        by_student=guardian is None,
        medium=Consent.Medium.ONLINE,
        language=wording.language,
        expires_on=last_day(timezone.localdate(), form.valid_months),
    )


def _words_seen(request: ConsentRequest, form_id: str, language: str, seen: str) -> ConsentWording:
    """The words that were answered, which nobody changes until the transaction ends."""
    form = ConsentForm.objects.select_for_update().get(pk=request.form_id)
    wording = form.wordings.select_related("form").filter(language=language).first()
    if str(form.pk) != form_id or wording is None or digest_of(wording) != seen:
        raise EnrollmentError(
            "words_changed", _("The school has changed the wording meanwhile. Please read it again, then answer.")
        )
    return wording
