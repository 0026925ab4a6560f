"""Sam's mother Fay, and a closed register of Riverside in which Sam is absent and Sita is there."""

from datetime import datetime, timedelta

import pytest
from django.core import mail as mails
from django.utils import timezone

from accounts.models import OutboxMail
from accounts.outbox import mails_send_due
from attendance.domain.statuses import Status
from attendance.models import ClassSession, NoticePolicy
from attendance.register.sessions import session_close, session_open
from attendance.telling.planning import absences_tell
from enrollment.models import Guardian, Guardianship
from tests.attendance.byhand import mark_set

NOON = datetime.fromisoformat("2026-11-25T12:00:00+00:00")


def make_guardian(student, name, email, **more):
    guardian = Guardian.objects.create(institution=student.institution, name=name, email=email, **more)
    Guardianship.objects.create(institution=student.institution, guardian=guardian, student=student)
    return guardian


@pytest.fixture
def fay(sam):
    return make_guardian(sam, "Fay Field", "fay@example.org")


@pytest.fixture
def policy(riverside):
    """Notices without quiet hours about now, so that no test depends on the hour."""
    hour = timezone.localtime(timezone=riverside.zone).time().replace(second=0, microsecond=0)
    quiet = (hour.replace(hour=(hour.hour + 10) % 24), hour.replace(hour=(hour.hour + 11) % 24))
    policy = NoticePolicy.objects.create(
        institution=riverside, is_on=True, wait_minutes=30, quiet_from=quiet[0], quiet_until=quiet[1]
    )
    NoticePolicy.objects.update(on_since=timezone.now() - timedelta(days=10))
    return policy


@pytest.fixture
def closed(tess, sam, sita):
    """A lesson's register, closed so many minutes ago; Sam is absent, Sita present."""

    def closed_(lesson, minutes=31):
        session = session_open(session=lesson, by=tess.user)
        mark_set(session=session, student_id=sita.pk, status=Status.PRESENT, by=tess.user, expected_version=0)
        session_close(session=session, by=tess.user)
        ClassSession.objects.filter(pk=lesson.pk).update(closed_at=timezone.now() - timedelta(minutes=minutes))
        return ClassSession.objects.select_related("institution", "course").get(pk=lesson.pk)

    return closed_


@pytest.fixture
def told(policy):
    """Looks at the registers and sends whatever is queued, due or not; returns the mails that left since."""

    def told_():
        before = len(mails.outbox)
        absences_tell()
        OutboxMail.objects.filter(state="waiting").update(due_at=timezone.now())
        mails_send_due()
        return mails.outbox[before:]

    return told_
