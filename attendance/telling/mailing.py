"""The mail of a notice: composed when it leaves, of what holds then, without more than a stranger may read."""

from collections.abc import Iterable
from typing import Any

from django.core.mail import EmailMessage
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.addresses import portal_address
from accounts.mail import mail_of
from accounts.models import OutboxMail
from accounts.outbox import MailObsolete, mail_kind
from attendance.models import AbsenceNotice, NoticePolicy
from attendance.telling.absences import unexplained_in
from attendance.telling.links import token_of
from attendance.telling.planning import MAIL
from enrollment.guardians.selectors import open_relation
from enrollment.models import Guardian, Guardianship

State = AbsenceNotice.State
OUTCOMES = {
    OutboxMail.State.SENT: State.SENT,
    OutboxMail.State.FAILED: State.FAILED,
    OutboxMail.State.UNKNOWN: State.UNKNOWN,
    OutboxMail.State.DROPPED: State.DROPPED,
}


def notices_in(mail: OutboxMail) -> QuerySet[AbsenceNotice]:
    """The notices of a mail, in the order of the lessons."""
    rows = AbsenceNotice.objects.for_institution(mail.institution).filter(mail=mail)
    return rows.select_related("student", "session__institution").order_by("session__starts_at", "pk")


def _note(mail: OutboxMail) -> None:
    """Note on the notices what came of their mail."""
    state = OUTCOMES.get(OutboxMail.State(mail.state))
    before = [State.WAITING, State.UNKNOWN, *([State.SENT] if state is State.FAILED else [])]  # it may come back
    rows = AbsenceNotice.objects.filter(mail=mail, state__in=before)
    if state:
        rows.update(state=state, error=mail.error, settled_at=timezone.now())
    else:
        rows.update(error=mail.error)


@mail_kind(MAIL, settled=_note)
def absence_mail(mail: OutboxMail) -> EmailMessage:
    """The mail about the absences that are still unexplained. Raises MailObsolete, StoreUnavailable."""
    guardian = Guardian.objects.for_institution(mail.institution).select_related("user").filter(pk=mail.about).first()
    _refuse(mail, guardian)
    assert guardian is not None
    notices = _still_true(guardian, notices_in(mail).filter(state=State.WAITING))
    if not notices:
        raise MailObsolete(_("The absences were corrected or explained meanwhile."))
    spoken = (guardian.user and guardian.user.language) or guardian.language or mail.institution.language
    with translation.override(spoken), timezone.override(mail.institution.zone):
        return _message(mail, guardian, notices)


def _refuse(mail: OutboxMail, guardian: Guardian | None) -> None:
    """Raise MailObsolete where this guardian is not to be told any more."""
    if guardian is None or guardian.email != mail.to:
        raise MailObsolete(_("The guardian's address has changed meanwhile."))
    if guardian.notices_off_at is not None:
        raise MailObsolete(_("The guardian has switched these e-mails off."))
    if not NoticePolicy.objects.for_institution(mail.institution).filter(is_on=True).exists():
        raise MailObsolete(_("The school has switched these e-mails off."))


def _still_true(guardian: Guardian, notices: Iterable[AbsenceNotice]) -> list[AbsenceNotice]:
    """The notices of absences that still hold, about students of whom the guardian may be told; others are dropped."""
    rows = Guardianship.objects.filter(open_relation(), guardian=guardian)
    allowed = set(rows.values_list("student_id", flat=True))
    kept: list[AbsenceNotice] = []
    dropped: list[AbsenceNotice] = []
    for notice in notices:
        holds = notice.student_id in allowed and unexplained_in(notice.session, {notice.student_id})
        (kept if holds else dropped).append(notice)
    AbsenceNotice.objects.filter(pk__in=[each.pk for each in dropped]).update(
        state=State.DROPPED, settled_at=timezone.now()
    )
    return kept


def _message(mail: OutboxMail, guardian: Guardian, notices: list[AbsenceNotice]) -> EmailMessage:
    token, school = token_of(mail), mail.institution
    address = portal_address()
    stop = address.build_absolute_uri(reverse("absence_stop", args=[school.slug, token]))
    context: dict[str, Any] = {
        "guardian": guardian,
        "school": school,
        "notices": notices,
        "link": address.build_absolute_uri(reverse("absence_reply", args=[school.slug, token])),
        "stop": stop,
    }
    days = sorted({notice.day for notice in notices})
    subject = _("%(school)s: absence on %(day)s") % {"school": school.name, "day": date_format(days[0], "j F")}
    message = mail_of("attendance/telling/mail", context, subject=subject, to=mail.to)
    message.extra_headers |= {
        "List-Unsubscribe": f"<{stop}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Auto-Submitted": "auto-generated",
    }
    return message
