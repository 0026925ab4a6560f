"""Services behind the link of a notice: a reason for the absences, and the mails switched off and on."""

from collections.abc import Collection
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.models import OutboxMail
from attendance.excuses.giving import Reason, excuse_give
from attendance.models import AbsenceNotice, Excuse
from attendance.telling.mailing import notices_in
from enrollment.guardians.selectors import open_relation
from enrollment.models import Guardian, Guardianship

SHOWN = (AbsenceNotice.State.SENT, AbsenceNotice.State.UNKNOWN)


def guardian_of(mail: OutboxMail) -> Guardian | None:
    """The guardian to whom the mail went, if they are still on record."""
    return Guardian.objects.for_institution(mail.institution).filter(pk=mail.about).first()


def open_notices(mail: OutboxMail) -> list[AbsenceNotice]:
    """The absences of which the mail told, about students of whom the guardian may be told now."""
    rows = Guardianship.objects.filter(open_relation(), guardian=mail.about)
    allowed = set(rows.values_list("student_id", flat=True))
    return [each for each in notices_in(mail).filter(state__in=SHOWN) if each.student_id in allowed]


def absence_explain(*, mail: OutboxMail, chosen: Collection[UUID], kind: Excuse.Kind, note: str) -> list[Excuse]:
    """Give the guardian's reason for the chosen absences of a mail, for the school to decide. Each is explained once.

    Raises TooManyWaiting, and then nothing is kept.
    """
    guardian, given = guardian_of(mail), []
    if guardian is None:
        return []
    with transaction.atomic():
        mine = {each.pk for each in open_notices(mail)} & set(chosen)
        rows = AbsenceNotice.objects.select_for_update(of=("self",)).filter(pk__in=mine, replied_at=None)
        for notice in rows.select_related("student__institution", "session__institution"):
            lesson = notice.session
            reason = Reason(kind, lesson.local_date, lesson.local_date, session=lesson, note=note)
            given.append(excuse_give(student=notice.student, reason=reason, by=None, guardian=guardian))
        AbsenceNotice.objects.filter(pk__in=mine, replied_at=None).update(replied_at=timezone.now())
    return given


def notices_switch_off(*, guardian: Guardian) -> None:
    """Send this guardian no more notices. Repeating it changes nothing."""
    Guardian.objects.filter(pk=guardian.pk, notices_off_at=None).update(notices_off_at=timezone.now())
    waiting = AbsenceNotice.objects.filter(guardian=guardian, state=AbsenceNotice.State.WAITING)
    waiting.update(state=AbsenceNotice.State.OFF, settled_at=timezone.now())


def notices_switch_on(*, guardian: Guardian) -> None:
    """Send this guardian notices again, of what happens from now on."""
    Guardian.objects.filter(pk=guardian.pk).update(notices_off_at=None)
