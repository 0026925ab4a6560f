"""Mails to families, which leave by the outbox: the question for consent, and the receipt of an answer."""

from uuid import UUID

from django.core.mail import EmailMessage
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.addresses import PortalAddress
from accounts.link_secrets import hash_of, secret_for
from accounts.mail import mail_label, mail_of
from accounts.models import Institution, OutboxMail
from accounts.outbox import MailObsolete, mail_kind, mail_queue, mail_words
from enrollment.consenting.recipients import Recipient, may_answer, recipients_of
from enrollment.models import Consent, ConsentRequest

QUESTION, RECEIPT = "consent_question", "consent_receipt"  # the kinds of mails
TEMPLATES = "enrollment/consenting/mail"
State = OutboxMail.State
_OUTCOMES = {State.SENT: "sent", State.FAILED: "failed", State.UNKNOWN: "failed", State.DROPPED: "left_out"}


def receipt_queue(*, request: ConsentRequest, answer: Consent) -> OutboxMail:
    """Queue the receipt of an answer; once, however often it is called."""
    return mail_queue(
        institution=request.institution, kind=RECEIPT, to=request.email, about=request.pk, key=str(answer.pk),
        parameters={"answer": str(answer.pk)},
    )  # fmt: skip


def mail_outcome(mail: OutboxMail) -> str:
    """Name under which a job counts a mail that was tried: sent, waiting, failed, or left_out."""
    return _OUTCOMES.get(State(mail.state), "waiting")


def _note(mail: OutboxMail) -> None:
    """Note on the request what came of its mail. What did not leave does not count towards the limit."""
    rows = _requests(mail.institution).filter(pk=mail.about, sending=mail.parameters["sending"], came_back_at=None)
    number = mail.parameters["number"]
    has_not_left = mail.state in (State.FAILED, State.DROPPED)
    rows.update(mail_error=mail_words(mail)[:200], times_sent=number - 1 if has_not_left else number)


@mail_kind(QUESTION, settled=_note)
def question_mail(mail: OutboxMail) -> EmailMessage:
    """The mail with the link, in the recipient's language or else the school's. Raises MailObsolete."""
    rows = _requests(mail.institution).filter(pk=mail.about, sending=mail.parameters["sending"])
    request = rows.filter(state=ConsentRequest.State.PENDING).first()
    if request is None:
        raise MailObsolete(_("The question was answered, taken back or sent again."))
    recipient = _recipient(request)
    token = secret_for(QUESTION, mail.pk)
    if request.token_hash != hash_of(token):  # the portal's key was changed meanwhile
        rows.update(token_hash=hash_of(token))
    path = reverse("consent_answer", args=[mail.institution.slug, token])
    link = PortalAddress(mail.parameters["base"]).build_absolute_uri(path)
    message = _question(request, recipient, link)
    mail_label(message, request)
    return message


def _recipient(request: ConsentRequest) -> Recipient:
    """The person whom the request asks, if they still decide about the student, and are reached at that address."""
    if not request.institution.faces_enabled:
        raise MailObsolete(_("Face recognition is off here, so there is nothing to ask for."))
    found = recipients_of(request.student) if request.student.is_active else []
    recipient = next((each for each in found if each.email == request.email), None)
    if recipient is None:
        raise MailObsolete(_("This person is not to be asked at this address any more."))
    return recipient


def _question(request: ConsentRequest, recipient: Recipient, link: str) -> EmailMessage:
    school, student = request.institution, request.student
    with translation.override(recipient.language or school.language):
        subject = _("%(school)s asks for your consent: %(name)s")
        context = {
            "school": school,
            "student": student,
            "recipient": recipient,
            "link": link,
            "until": request.expires_at,
        }
        subject %= {"school": school.name, "name": student.name}
        return mail_of(f"{TEMPLATES}/question", context, subject=subject, to=request.email)


@mail_kind(RECEIPT)
def receipt_mail(mail: OutboxMail) -> EmailMessage:
    """The receipt of an answer, in the language in which it was given. Raises MailObsolete."""
    request = _requests(mail.institution).filter(pk=mail.about).first()
    answers = Consent.objects.for_institution(mail.institution)
    answer = answers.filter(pk=UUID(mail.parameters["answer"])).first()
    if request is None or answer is None or not may_answer(request):
        raise MailObsolete(_("This person does not decide about the student any more."))
    school, student = request.institution, request.student
    with translation.override(answer.language or school.language):
        subject = _("Your answer to %(school)s: %(name)s") % {"school": school.name, "name": student.name}
        context = {"school": school, "student": student, "answer": answer}
        return mail_of(f"{TEMPLATES}/receipt", context, subject=subject, to=request.email)


def _requests(institution: Institution) -> QuerySet[ConsentRequest]:
    rows = ConsentRequest.objects.for_institution(institution)
    return rows.select_related("institution", "student__institution", "guardian")
