"""Mails to families: the question for consent, and the receipt of an answer."""

from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.mail import mail_label
from enrollment.consenting.recipients import Recipient
from enrollment.models import Consent, ConsentRequest


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
        mail = _mail(subject % {"school": school.name, "name": student.name}, "question", context, request.email)
    mail_label(mail, request)
    return mail


def receipt_mail(request: ConsentRequest, answer: Consent) -> EmailMultiAlternatives:
    """The receipt of an answer, in the language in which it was given."""
    school, student = request.institution, request.student
    with translation.override(answer.language or school.language):
        subject = _("Your answer to %(school)s: %(name)s") % {"school": school.name, "name": student.name}
        context = {"school": school, "student": student, "answer": answer}
        return _mail(subject, "receipt", context, request.email)


def _mail(subject: str, name: str, context: dict[str, Any], to: str) -> EmailMultiAlternatives:
    mail = EmailMultiAlternatives(
        " ".join(subject.split()),  # a subject is one line
        render_to_string(f"enrollment/consenting/mail/{name}.txt", context),
        settings.DEFAULT_FROM_EMAIL,
        [to],
    )
    mail.attach_alternative(render_to_string(f"enrollment/consenting/mail/{name}.html", context), "text/html")
    return mail
