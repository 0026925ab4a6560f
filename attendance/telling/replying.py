"""Services behind the link of a notice: a reason for the absences of which it told."""

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
    """The guardian to whom the mail went, while they are on record with the address to which it went.

    Who reads a mailbox that was noted by mistake has nothing to do with the student any more.
    """
    return Guardian.objects.for_institution(mail.institution).filter(pk=mail.about, email__iexact=mail.to).first()


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
