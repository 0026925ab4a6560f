"""Services that queue notices: the chore that looks at registers which have been closed for long enough."""

import logging
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from accounts.models import OutboxMail
from accounts.outbox import mail_queue
from attendance.domain.telling import QuietHours, after_quiet, digest_time
from attendance.models import AbsenceNotice, ClassSession, NoticePolicy, ToldRegister
from attendance.repositories.base import RegisterError
from attendance.telling.absences import unexplained_in
from enrollment.guardians.selectors import open_relation
from enrollment.models import Guardianship, NoticeMode

logger = logging.getLogger(__name__)
MAIL = "absence_notice"  # the kind of the mails
OLDEST = timedelta(days=2)  # since the closing of a register: later nobody is told any more
USEFUL = timedelta(days=2)  # of a mail that cannot leave
KEPT = timedelta(days=90)
_MOST = 200  # registers of one round


def absences_tell() -> int:
    """Queue the notices of every school that tells guardians; returns how many registers were looked at."""
    told = 0
    policies: dict[UUID, NoticePolicy] = {}
    for session in _registers()[:_MOST]:
        policy = policies.get(session.institution_id) or NoticePolicy.objects.get(institution=session.institution_id)
        policies[session.institution_id] = policy
        try:
            register_tell(session=session, policy=policy)
            told += 1
        except RegisterError as error:
            logger.warning("The absences of %s are told later: %s", session.pk, error.code)
    return told


def notices_expire() -> int:
    """Delete notices of three months ago; returns their number."""
    return AbsenceNotice.objects.filter(created_at__lt=timezone.now() - KEPT).delete()[0]


def register_tell(*, session: ClassSession, policy: NoticePolicy) -> None:
    """Queue the notices of one closed register. Safe to repeat. Raises StoreUnavailable."""
    absent, closed_at = unexplained_in(session), session.closed_at or timezone.now()
    with transaction.atomic():
        for relation in _one_a_mailbox(_relations(session, absent)):
            _notice_queue(session, relation, policy)
        ToldRegister.objects.update_or_create(
            institution=session.institution, session=session, defaults={"closed_at": closed_at}
        )


def due_at(policy: NoticePolicy, now: datetime, mode: NoticeMode) -> datetime:
    """The time at which a mail leaves, in the school's zone: at once or at the hour of the day's, after quiet hours."""
    at = timezone.localtime(now, policy.institution.zone)
    quiet = QuietHours(policy.quiet_from, policy.quiet_until)
    if mode == NoticeMode.AT_ONCE:
        return after_quiet(at, quiet)
    return digest_time(at, policy.digest_at, quiet)


def _registers() -> QuerySet[ClassSession]:
    """Registers closed for long enough, of schools that tell; each is looked at once a closing."""
    now, waited = timezone.now(), Q(pk__in=[])
    waits = NoticePolicy.objects.filter(is_on=True).order_by().values_list("wait_minutes", flat=True).distinct()
    for minutes in waits:
        is_over = Q(closed_at__lte=now - timedelta(minutes=minutes))
        waited |= Q(institution__notice_policy__wait_minutes=minutes) & is_over
    rows = ClassSession.objects.filter(
        waited,
        state=ClassSession.State.CLOSED,
        closed_at__gt=now - OLDEST,
        closed_at__gte=F("institution__notice_policy__on_since"),
        institution__notice_policy__is_on=True,
    ).exclude(told__closed_at=F("closed_at"))
    return rows.select_related("institution", "course").order_by("closed_at")


def _relations(session: ClassSession, absent: Collection[UUID]) -> QuerySet[Guardianship]:
    rows: QuerySet[Guardianship] = Guardianship.objects.for_institution(session.institution)
    rows = rows.filter(open_relation(), student__in=absent).exclude(guardian__email="")
    return rows.select_related("guardian", "student").order_by("pk")


def _one_a_mailbox(relations: Iterable[Guardianship]) -> list[Guardianship]:
    """Of rows with the same address the one that wants the mails: nobody reads of an absence twice."""
    found: dict[tuple[UUID, str], Guardianship] = {}
    for each in sorted(relations, key=lambda each: each.guardian.notices_off_at is not None):
        found.setdefault((each.student_id, each.guardian.email.lower()), each)
    return list(found.values())


def _notice_queue(session: ClassSession, relation: Guardianship, policy: NoticePolicy) -> None:
    """Queue one notice; one that was dropped, such as while the register was open again, is queued again."""
    guardian, student = relation.guardian, relation.student
    state = AbsenceNotice.State.WAITING if guardian.notices_off_at is None else AbsenceNotice.State.OFF
    notice, is_new = AbsenceNotice.objects.get_or_create(
        institution=session.institution, guardian=guardian, student=student, session=session,
        defaults={"day": session.local_date, "state": state},
    )  # fmt: skip
    if state == AbsenceNotice.State.OFF or not (is_new or notice.state == AbsenceNotice.State.DROPPED):
        return
    notice.mail, notice.state, notice.error, notice.settled_at = _mail(notice, policy), state, "", None
    notice.save(update_fields=["mail", "state", "error", "settled_at"])


def _mail(notice: AbsenceNotice, policy: NoticePolicy) -> OutboxMail:
    """The mail for this notice: the one that waits about this student's day, else one of its own or the day's."""
    earlier = AbsenceNotice.objects.filter(guardian=notice.guardian, student=notice.student, day=notice.day)
    earlier = earlier.exclude(pk=notice.pk)
    for row in OutboxMail.objects.select_for_update().filter(pk__in=earlier.values("mail")):
        if _may_take(row, notice):
            return row
    mode = NoticeMode(notice.guardian.notice_mode or policy.mode)
    if earlier.exists():  # of a day only the first comes at once
        mode = NoticeMode.DIGEST
    base = f"{notice.guardian_id}.{notice.day}" + (f".{notice.student_id}" if mode == NoticeMode.AT_ONCE else "")
    due = due_at(policy, timezone.now(), mode)
    for number in range(1, 50):
        mail = mail_queue(
            institution=notice.institution, kind=MAIL, to=notice.guardian.email, about=notice.guardian_id,
            key=f"{base}.{number}", due_at=due, useless_at=due + USEFUL,
        )  # fmt: skip
        locked = OutboxMail.objects.select_for_update().get(pk=mail.pk)
        if _may_take(locked, notice):
            return locked
    raise AssertionError("more mails of a day than lessons")


def _may_take(mail: OutboxMail, notice: AbsenceNotice) -> bool:
    """True if nobody has begun to write the mail, and it goes where the guardian is reached."""
    return mail.state == OutboxMail.State.WAITING and mail.to == notice.guardian.email
