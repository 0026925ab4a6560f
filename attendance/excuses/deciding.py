"""Decisions on reasons for absences, and the marks that follow them through the register's corrections."""

from contextlib import suppress
from datetime import datetime, time, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import Membership, Role, User
from attendance.domain.marks import Mark
from attendance.domain.statuses import Source, Status
from attendance.errors import AttendanceError
from attendance.excuses.errors import AnswerNeeded, ExcuseDecided, ExcuseNotDecided, LessonsPastWindow
from attendance.lessons.hours import lesson_time
from attendance.models import ClassSession, Excuse, ExcusedMark
from attendance.register.corrections import Correction, mark_correct
from attendance.register.edit_window import is_past_window
from attendance.register.errors import MarkConflict, StillOpen
from attendance.register.excused import excuse_note
from attendance.repositories import marks_for
from enrollment.access import Act, access_record

_DONE = (ClassSession.State.CLOSED, ClassSession.State.CLOSING)
_State = Excuse.State


def excuse_accept(*, excuse: Excuse, by: User, answer: str = "") -> Excuse:
    """Accept a reason: absences that it covers become excused, those of registers still to be closed when they close.

    Accepting twice changes nothing. Raises ExcuseDecided, LessonsPastWindow, StoreUnavailable (it is accepted; its
    marks follow later).
    """
    _require_in_window(excuse, by)
    if _decide(excuse, _State.ACCEPTED, by, answer):
        excuse_apply(excuse=excuse)
    return excuse


def excuse_refuse(*, excuse: Excuse, by: User, answer: str) -> Excuse:
    """Refuse a reason; `answer` says why, for the student. Marks stay. Raises ExcuseDecided, AnswerNeeded."""
    if not any(sign.isalnum() for sign in answer):
        raise AnswerNeeded
    _decide(excuse, _State.REFUSED, by, answer)
    return excuse


def excuse_undecide(*, excuse: Excuse, by: User) -> Excuse:
    """Take a decision back: the reason waits again, and marks that it wrote are as they were before it.

    A mark that somebody has changed since stays. Raises ExcuseNotDecided, LessonsPastWindow, StoreUnavailable.
    """
    _require_in_window(excuse, by)
    with transaction.atomic():
        row = _locked(excuse)
        if row.state not in (_State.ACCEPTED, _State.REFUSED):
            raise ExcuseNotDecided
        # Kept with who took the decision back: by them its marks are restored, also after a crash.
        row.state, row.decided_by, row.decided_at, row.answer, row.applied_at = _State.WAITING, by, None, "", None
        row.save(update_fields=["state", "decided_by", "decided_at", "answer", "applied_at"])
    excuse.refresh_from_db()
    access_record(
        Act.EXCUSE_DECIDED, institution=excuse.institution, by=by, subject=excuse.student_id, state=str(excuse.state)
    )
    excuse_take_back(excuse=excuse)
    return excuse


def excuse_apply(*, excuse: Excuse) -> int:
    """Excuse the absences in closed registers that an accepted excuse covers; returns their number.

    Safe to repeat: what it has written once it does not write again. An absence of a register that is being closed, or
    whose mark somebody changes now, is left for the next call. Raises StoreUnavailable.
    """
    by, written, left = excuse.decided_by, 0, 0
    for session in _covered(excuse) if by else ():
        assert by is not None
        if session.state == ClassSession.State.CLOSING:
            left += 1
            continue
        try:
            written += _excuse_mark(excuse, session, by)
        except (MarkConflict, StillOpen):
            left += 1
        except AttendanceError:
            continue  # the days for corrections ended meanwhile, or the lesson was cancelled
    if not left:
        excuse.applied_at = timezone.now()
        Excuse.objects.filter(pk=excuse.pk, state=_State.ACCEPTED).update(applied_at=excuse.applied_at)
    return written


def excuse_take_back(*, excuse: Excuse) -> int:
    """Restore the marks that an excuse wrote which is not accepted any more; returns their number. Safe to repeat.

    Raises StoreUnavailable.
    """
    restored = 0
    for row in excuse.marks.select_related("session__institution", "session__course"):
        with suppress(StillOpen):  # reopened: once it is closed
            restored += _restore(excuse, row)
            row.delete()
    return restored


def excuses_resume() -> int:
    """Let marks follow decisions after a crash or an outage, in every school; returns the number of marks."""
    unfinished = Q(state=_State.ACCEPTED, applied_at=None) | ~Q(state=_State.ACCEPTED) & Q(marks__isnull=False)
    rows = Excuse.objects.filter(unfinished).select_related("institution", "decided_by", "student").distinct()
    return sum(excuse_apply(excuse=row) if row.is_accepted else excuse_take_back(excuse=row) for row in rows)


def _decide(excuse: Excuse, state: Excuse.State, by: User, answer: str) -> bool:
    """Store a decision; True if it is new. Raises ExcuseDecided."""
    with transaction.atomic():
        row = _locked(excuse)
        is_new = row.state == _State.WAITING
        if not is_new and row.state != state:
            raise ExcuseDecided
        if is_new:
            row.state, row.decided_by, row.decided_at, row.answer = state, by, timezone.now(), answer.strip()[:200]
            row.save(update_fields=["state", "decided_by", "decided_at", "answer"])
            access_record(
                Act.EXCUSE_DECIDED, institution=row.institution, by=by, subject=row.student_id, state=str(state)
            )
    excuse.refresh_from_db()
    return is_new


def _locked(excuse: Excuse) -> Excuse:
    rows = Excuse.objects.for_institution(excuse.institution).select_related("institution")
    return rows.select_for_update(of=("self",)).get(pk=excuse.pk)


def _covered(excuse: Excuse) -> list[ClassSession]:
    """The lessons whose registers have been closed, or are just being, with the student on them, that it covers."""
    sessions = ClassSession.objects.for_institution(excuse.institution).filter(
        state__in=_DONE, local_date__range=(excuse.first_day, excuse.last_day), roster__student=excuse.student_id
    )
    return [
        session
        for session in sessions.select_related("institution", "course").order_by("starts_at")
        if excuse.span.covers(lesson_time(session))
    ]


def _require_in_window(excuse: Excuse, by: User) -> None:
    """Raise LessonsPastWindow if the marks of these lessons are not this member's to change any more."""
    members = Membership.objects.for_institution(excuse.institution)
    if members.filter(user=by, role=Role.ADMIN).exists():
        return
    days = excuse.institution.edit_days
    first = datetime.combine(excuse.first_day, time.min, excuse.institution.zone)
    if days is None or first > timezone.now() - timedelta(days=days):
        return
    if any(is_past_window(session) for session in _covered(excuse)):
        raise LessonsPastWindow


def _excuse_mark(excuse: Excuse, session: ClassSession, by: User) -> bool:
    """Excuse one absence, unless this excuse has written the mark before; True if it was written."""
    mark = marks_for(session.institution).for_session(session.pk).get(excuse.student_id)
    if mark is None or mark.status is not Status.ABSENT or _has_written(excuse, session, mark):
        return False
    ExcusedMark.objects.update_or_create(
        institution=excuse.institution, excuse=excuse, session=session, defaults={"version": mark.version + 1}
    )
    correction = Correction(Status.EXCUSED, excuse_note(excuse))
    mark_correct(
        session=session, student_id=excuse.student_id, correction=correction, by=by, expected_version=mark.version
    )
    return True


def _has_written(excuse: Excuse, session: ClassSession, mark: Mark) -> bool:
    rows = ExcusedMark.objects.for_institution(excuse.institution).filter(excuse=excuse, session=session)
    return rows.filter(version__lte=mark.version).exists()


def _restore(excuse: Excuse, row: ExcusedMark) -> bool:
    """Write the mark from before the excuse again, if the excuse's is still the current one."""
    by, session = excuse.decided_by, row.session
    versions = marks_for(session.institution).audit(session.pk, excuse.student_id)
    if by is None or not versions or versions[-1].version != row.version:
        return False
    before = versions[-2] if len(versions) > 1 else None
    with translation.override(excuse.institution.language):
        correction = Correction(Status.ABSENT, _("No longer excused"), code=_code(before))
    try:
        mark_correct(
            session=session, student_id=excuse.student_id, correction=correction, by=by, expected_version=row.version
        )
    except StillOpen:
        raise
    except AttendanceError:  # changed just now, or the days for corrections ended meanwhile
        return False
    return True


def _code(before: Mark | None) -> str:
    """The school's own code of an absence that was there before."""
    return before.code if before and before.status is Status.ABSENT and before.source is not Source.CLOSE else ""
