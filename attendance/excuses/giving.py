"""Giving and taking back a reason for an absence, by the student, a guardian or the school."""

from dataclasses import dataclass
from datetime import date, time

from django.utils import timezone

from accounts.models import User
from attendance.excuses.deciding import excuse_apply
from attendance.excuses.documents import Document, document_store
from attendance.excuses.errors import ExcuseDecided, TooManyWaiting
from attendance.models import ClassSession, Excuse
from enrollment.access import Act, access_record
from enrollment.models import Guardian, Student

MOST_WAITING = 50  # of one student


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason for an absence as somebody gives it. Days and hours are the school's own.

    session: the one lesson meant; the days are then that lesson's.
    """

    kind: Excuse.Kind
    first_day: date
    last_day: date
    begins: time | None = None
    ends: time | None = None
    session: ClassSession | None = None
    note: str = ""
    document: Document | None = None


def excuse_give(
    *, student: Student, reason: Reason, by: User | None, guardian: Guardian | None = None, name: str = ""
) -> Excuse:
    """A reason from the student or a guardian, which waits for the school's decision.

    by: None for a guardian with a link; name: of somebody without an account. Raises TooManyWaiting,
    DocumentNotStored (the reason is then not kept either).
    """
    waiting = Excuse.objects.for_institution(student.institution).filter(student=student, state=Excuse.State.WAITING)
    if waiting.count() >= MOST_WAITING:
        raise TooManyWaiting
    giver = Excuse.Giver.GUARDIAN if guardian or student.user != by else Excuse.Giver.STUDENT
    excuse = _excuse(student, reason, by, giver)
    excuse.guardian = guardian
    excuse.given_by_name = name or (guardian.name if guardian else by.name if by else "")
    document_store(excuse, reason.document)
    return excuse


def excuse_enter(*, student: Student, reason: Reason, by: User) -> Excuse:
    """A reason that a member of staff enters, such as from a call: it is accepted, and marks follow.

    Raises DocumentNotStored, StoreUnavailable (the excuse stands; its marks follow later).
    """
    excuse = _excuse(student, reason, by, Excuse.Giver.SCHOOL)
    excuse.given_by_name = by.name
    excuse.state, excuse.decided_by, excuse.decided_at = Excuse.State.ACCEPTED, by, timezone.now()
    document_store(excuse, reason.document)
    access_record(
        Act.EXCUSE_DECIDED, institution=student.institution, by=by, subject=student.pk, state=str(excuse.state)
    )
    excuse_apply(excuse=excuse)
    return excuse


def excuse_withdraw(*, excuse: Excuse) -> None:
    """Take a reason back that is not decided yet. Taking it back twice changes nothing. Raises ExcuseDecided."""
    rows = Excuse.objects.for_institution(excuse.institution).filter(pk=excuse.pk)
    if not rows.filter(state__in=[Excuse.State.WAITING, Excuse.State.WITHDRAWN]).update(state=Excuse.State.WITHDRAWN):
        raise ExcuseDecided
    excuse.refresh_from_db(fields=["state"])


def _excuse(student: Student, reason: Reason, by: User | None, giver: Excuse.Giver) -> Excuse:
    lesson = reason.session
    return Excuse(
        institution=student.institution, student=student, kind=reason.kind, note=reason.note.strip(),
        first_day=lesson.local_date if lesson else reason.first_day,
        last_day=lesson.local_date if lesson else reason.last_day,
        begins=None if lesson else reason.begins, ends=None if lesson else reason.ends,
        session=lesson, giver=giver, given_by=by,
    )  # fmt: skip
