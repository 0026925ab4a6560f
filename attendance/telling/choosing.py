"""A guardian's own choice about notices: soon or once a day, as their school does, or none."""

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Institution, User
from attendance.models import AbsenceNotice
from enrollment.models import Guardian, NoticeMode


def guardians_at_mailbox(guardian: Guardian) -> QuerySet[Guardian]:
    """The guardian, and the school's other rows with the same address: what is chosen by a mail's link is for these."""
    rows = Guardian.objects.for_institution(guardian.institution)
    return rows.filter(email__iexact=guardian.email) if guardian.email else rows.filter(pk=guardian.pk)


def guardians_of_account(user: User, institution: Institution) -> QuerySet[Guardian]:
    """The school's rows of the guardian whose account this is."""
    return Guardian.objects.for_institution(institution).filter(user=user)


def notices_choose(*, guardians: QuerySet[Guardian], mode: NoticeMode | None) -> None:
    """Tell these guardians at other times from now on; None: when the school does. What waits leaves as planned."""
    guardians.update(notice_mode=mode or "")


def notices_switch_off(*, guardians: QuerySet[Guardian]) -> None:
    """Send these guardians no more notices. Repeating it changes nothing."""
    guardians.filter(notices_off_at=None).update(notices_off_at=timezone.now())
    waiting = AbsenceNotice.objects.filter(guardian__in=guardians, state=AbsenceNotice.State.WAITING)
    waiting.update(state=AbsenceNotice.State.OFF, settled_at=timezone.now())


def notices_switch_on(*, guardians: QuerySet[Guardian]) -> None:
    """Send these guardians notices again, of what happens from now on."""
    guardians.update(notices_off_at=None)
