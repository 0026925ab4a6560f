"""Statements of the demo school's families: an excuse that waits, one planned, one accepted, and a dispute."""

from datetime import timedelta

from django.utils import timezone

from accounts.models import Institution, Membership, Role
from attendance.disputes.disputing import dispute_send
from attendance.domain.statuses import Status
from attendance.excuses.deciding import excuse_accept
from attendance.excuses.giving import Reason, excuse_give
from attendance.models import ClassSession, Excuse
from attendance.repositories import marks_for
from enrollment.models import Student

Kind = Excuse.Kind


def statements_create(institution: Institution) -> None:
    """Create them for the student who can sign in, once. Without a missed lesson there is nothing to dispute."""
    student = Student.objects.for_institution(institution).exclude(user=None).select_related("user").first()
    admin = Membership.objects.for_institution(institution).filter(role=Role.ADMIN).select_related("user").first()
    if student is None or student.user is None or admin is None or student.excuses.exists():
        return
    today = timezone.localdate(timezone=institution.zone)
    reasons = [
        Reason(Kind.ACTIVITY, today + timedelta(days=3), today + timedelta(days=3), note="University open day"),
        Reason(Kind.APPOINTMENT, today - timedelta(days=20), today - timedelta(days=20), note="Orthodontist"),
    ]
    _planned, past = [excuse_give(student=student, reason=reason, by=student.user) for reason in reasons]
    excuse_accept(excuse=past, by=admin.user)
    if missed := _missed(institution, student):
        dispute_send(student=student, session=missed, note="I sat in the back row, behind Wim.", by=student.user)


def _missed(institution: Institution, student: Student) -> ClassSession | None:
    """The last lesson of a closed register in which the student was marked absent."""
    closed = ClassSession.objects.for_institution(institution).filter(
        state=ClassSession.State.CLOSED, roster__student=student
    )
    page = marks_for(institution).for_student(student.pk, limit=200)
    absent = {mark.session_id for mark in page.marks if mark.status is Status.ABSENT}
    return closed.filter(pk__in=absent).select_related("institution", "course").order_by("-starts_at").first()
