"""Mails to families: the question for consent, and the receipt of an answer."""

from django.core.mail import EmailMultiAlternatives
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.mail import mail_label, mail_of
from enrollment.consenting.recipients import Recipient
from enrollment.models import Consent, ConsentRequest

TEMPLATES = "enrollment/consenting/mail"


def question_mail(request: ConsentRequest, recipient: Recipient, link: str) -> EmailMultiAlternatives:
    """The mail with the link, in the recipient's language or else the school's."""
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
        mail = mail_of(f"{TEMPLATES}/question", context, subject=subject, to=request.email)
    mail_label(mail, request)
    return mail


def receipt_mail(request: ConsentRequest, answer: Consent) -> EmailMultiAlternatives:
    """The receipt of an answer, in the language in which it was given."""
    school, student = request.institution, request.student
    with translation.override(answer.language or school.language):
        subject = _("Your answer to %(school)s: %(name)s") % {"school": school.name, "name": student.name}
        context = {"school": school, "student": student, "answer": answer}
        return mail_of(f"{TEMPLATES}/receipt", context, subject=subject, to=request.email)
