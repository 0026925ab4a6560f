"""Reminders of registers that are not taken: a mail to those who take the lesson, once in a quiet time, and stored."""

from datetime import timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.models import OutboxMail, User
from accounts.outbox import MailObsolete, mail_kind, mail_queue, mail_try_now, mail_words, mails_supersede
from attendance.lessons.selectors import session_held
from attendance.lessons.substitutes import read_takers
from attendance.models import ClassSession, RegisterReminder
from attendance.office.errors import NobodyToRemind, RegisterTakenMeanwhile, RemindedAlready

MAIL = "register_reminder"  # the kind of the mails
QUIET = timedelta(minutes=15)
USEFUL = timedelta(hours=12)  # of a reminder that cannot leave
_TAKEN = (ClassSession.State.CLOSED, ClassSession.State.CLOSING, ClassSession.State.CANCELLED)


def register_remind(*, session: ClassSession, url: str, by: User) -> RegisterReminder:
    """Remind those who take a lesson of its register by mail. url: the register's address.

    Of several clicks within the quiet time one sends. What did not leave says so in the row, does not count as a
    reminder, and is tried again by itself, unless somebody clicks again. Raises RegisterTakenMeanwhile,
    RemindedAlready, NobodyToRemind.
    """
    people = people_to_remind(session)
    if not people:
        raise NobodyToRemind
    with transaction.atomic():
        if session_held(session.pk).state in _TAKEN:
            raise RegisterTakenMeanwhile
        if _is_quiet(session) or not _older_dropped(session):
            raise RemindedAlready
        reminder = RegisterReminder.objects.create(
            institution=session.institution, session=session, sent_by=by, recipients=len(people)
        )
        mails = [_queue(reminder, person, url) for person in people]
    for mail in mails:
        mail_try_now(mail)
    reminder.refresh_from_db()
    return reminder


def _older_dropped(session: ClassSession) -> bool:
    """Drop what waits of earlier reminders. False while one is just leaving."""
    earlier = RegisterReminder.objects.for_institution(session.institution).filter(session=session).exclude(error="")
    return all(mails_supersede(institution=session.institution, kind=MAIL, about=each.pk) for each in earlier)


def _queue(reminder: RegisterReminder, person: User, url: str) -> OutboxMail:
    return mail_queue(
        institution=reminder.institution, kind=MAIL, to=person.email, about=reminder.pk,
        key=f"{reminder.pk}.{person.pk}", parameters={"url": url}, useless_at=reminder.sent_at + USEFUL,
    )  # fmt: skip


def people_to_remind(session: ClassSession) -> list[User]:
    """The substitutes of a lesson; without one its regular teachers. Those who have left the portal are none."""
    takers = read_takers(session.institution, [session.course_id])
    return list(User.objects.filter(pk__in=takers.accounts(session)).order_by("name_key"))


def _is_quiet(session: ClassSession) -> bool:
    rows = RegisterReminder.objects.for_institution(session.institution).filter(session=session, error="")
    return rows.filter(sent_at__gt=timezone.now() - QUIET).exists()


def _note(mail: OutboxMail) -> None:
    """Note on the reminder why it did not leave, unless it reached somebody."""
    mails = OutboxMail.objects.for_institution(mail.institution).filter(kind=MAIL, about=mail.about)
    error = "" if mails.filter(state=OutboxMail.State.SENT).exists() else mail_words(mail)[:200]
    RegisterReminder.objects.filter(pk=mail.about).update(error=error)


@mail_kind(MAIL, settled=_note)
def reminder_mail(mail: OutboxMail) -> EmailMessage:
    """The mail: course, time and the register's address; no student is named in it. Raises MailObsolete."""
    rows = RegisterReminder.objects.for_institution(mail.institution).filter(pk=mail.about)
    reminder = rows.select_related("session__course", "session__institution").first()
    if reminder is None or reminder.session.state in _TAKEN:
        raise MailObsolete(_("The register was closed or cancelled meanwhile."))
    person = next((each for each in people_to_remind(reminder.session) if each.email == mail.to), None)
    if person is None:
        raise MailObsolete(_("Somebody else takes the lesson now."))
    session, school = reminder.session, reminder.institution
    with override(person.language or school.language):
        about = {
            "course": session.course.name,
            "time": date_format(timezone.localtime(session.starts_at, school.zone), "H:i"),
            "day": date_format(session.local_date, "l j F"),
            "url": mail.parameters["url"],
            "school": school.name,
        }
        subject = _("Register not taken: %(course)s, %(time)s") % about
        text = _(
            "The register of %(course)s on %(day)s at %(time)s has not been closed yet. The office cannot tell who is "
            "absent until it is.\n\nOpen the register: %(url)s\n\n%(school)s"
        )
        return EmailMessage(" ".join(subject.split()), text % about, settings.DEFAULT_FROM_EMAIL, [mail.to])
