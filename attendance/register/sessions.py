"""Opening, closing and reopening registers."""

from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import User
from attendance.domain.marks import Closing, Mark
from attendance.domain.statuses import Status
from attendance.errors import SessionClosed, SessionNotOpen
from attendance.lessons.errors import LessonCancelled
from attendance.lessons.selectors import roster_ids
from attendance.models import ClassSession, CodeDisplay, RegisterEvent, RosterEntry
from attendance.register.edit_window import require_may_edit
from attendance.register.errors import CourseWithoutStudents, RegisterBegun
from attendance.register.excused import excused_at_closing
from attendance.register.roster import roster_drop_leavers
from attendance.repositories import marks_for
from enrollment.models import Course, Enrollment

ADHOC_LENGTH = timedelta(minutes=50)
_DOUBLE_CLICK = timedelta(minutes=2)
State = ClassSession.State


def session_open(*, session: ClassSession, by: User) -> ClassSession:
    """Open a scheduled register and store its roster as it is now. Opening an open one changes nothing.

    Raises SessionClosed for one that was closed (see `session_reopen`), LessonCancelled.
    """
    with transaction.atomic():
        session = _locked(session)
        if session.is_open:
            return session
        _refuse_cancelled(session)
        if session.state != State.SCHEDULED:
            raise SessionClosed
        _take_down_roster(session)
        session.state, session.opened_by, session.opened_at = State.OPEN, by, timezone.now()
        session.save()
        _note(session, RegisterEvent.Kind.OPENED, by, at=session.opened_at)
    return session


def session_start_adhoc(*, course: Course, by: User) -> ClassSession:
    """Begin and open a lesson that is not in the timetable. A second click within two minutes returns the first.

    Raises CourseWithoutStudents.
    """
    now = timezone.now()
    on_roster = Enrollment.objects.for_institution(course.institution).filter(course=course, student__is_active=True)
    if not on_roster.exists():
        raise CourseWithoutStudents
    with transaction.atomic():
        Course.objects.select_for_update().get(pk=course.pk)
        just_now = ClassSession.objects.for_institution(course.institution).filter(
            course=course, slot=None, opened_by=by, starts_at__gt=now - _DOUBLE_CLICK, opened_at__gte=F("starts_at")
        )
        if session := just_now.first():
            return session
        session = ClassSession.objects.create(
            institution=course.institution, course=course, room=course.room, starts_at=now, ends_at=now + ADHOC_LENGTH
        )
        return session_open(session=session, by=by)


def session_close(*, session: ClassSession, by: User) -> ClassSession:
    """Close an open register: everyone without a mark is absent. Closing a closed one changes nothing.

    Those who left the course meanwhile and have no mark leave the register. Raises SessionNotOpen for one that was
    never opened, LessonCancelled.
    """
    with transaction.atomic():
        session = _locked(session)
        if session.state == State.CLOSED:
            return session
        _refuse_cancelled(session)
        if session.state == State.SCHEDULED:
            raise SessionNotOpen
        if session.state == State.OPEN:
            session.state, session.closed_by, session.closed_at = State.CLOSING, by, timezone.now()
            session.save()
            _note(session, RegisterEvent.Kind.CLOSED, by, at=session.closed_at)
    return session_finish_closing(session=session)


def session_finish_closing(*, session: ClassSession) -> ClassSession:
    """Write the absences of a register that is being closed and its summary, then set it to closed.

    Those whose absence is excused already are excused.

    Safe to repeat after a crash. Raises StoreUnavailable; upkeep then finishes it.
    """
    repository = marks_for(session.institution)
    held = repository.for_session(session.pk)
    roster_drop_leavers(session=session, marked=held)
    on_roster = roster_ids(session)
    unmarked = [pk for pk in on_roster if pk not in held or held[pk].status is Status.NONE]
    at, by = session.closed_at or timezone.now(), session.closed_by_id
    excused = excused_at_closing(session, on_roster, held)
    excused.note(unmarked, held)
    absences = [excused.mark(pk, at=at, actor_id=by) for pk in unmarked]
    written = len(repository.mark_many(absences)) + excused.correct_absent(held, actor_id=by)
    if written:
        held = repository.for_session(session.pk)  # a machine may have marked somebody at the same moment
    repository.close_session(closing_of(session, held.values()))
    ClassSession.objects.filter(pk=session.pk, state=State.CLOSING).update(state=State.CLOSED)
    session.refresh_from_db()
    return session


def closing_of(session: ClassSession, marks: Collection[Mark]) -> Closing:
    """The summary of a closed register with these marks, on the school's own day."""
    counts: Counter[Status] = Counter(mark.status for mark in marks)
    del counts[Status.NONE]
    return Closing(
        session_id=session.pk,
        course_id=session.course_id,
        day=session.local_date,
        counts=counts,
        closed_at=session.closed_at or timezone.now(),
        held_at=session.starts_at,
        marks={mark.student_id: mark for mark in marks if mark.status is not Status.NONE},
    )


def session_sum_up(*, session: ClassSession) -> None:
    """Write a closed register's summary again: the later one counts, and replaces the earlier one in its day's tally.

    Does nothing to an open register: closing writes its summary. Raises StoreUnavailable.
    """
    state = ClassSession.objects.values_list("state", flat=True).get(pk=session.pk)
    if state not in (State.CLOSING, State.CLOSED):
        return
    store = marks_for(session.institution)
    # The time before the reading: of two that sum up at once the later one has then read what the other had written.
    at = timezone.now()
    closing = closing_of(session, store.for_session(session.pk).values())
    store.close_session(replace(closing, closed_at=at))


@contextmanager
def summary_kept(session: ClassSession) -> Iterator[None]:
    """Around a change of a closed register's marks: its summary follows, by upkeep if this process dies in between."""
    rows = ClassSession.objects.for_institution(session.institution).filter(pk=session.pk)
    due = timezone.now()
    rows.update(summary_due=due)
    yield
    session_sum_up(session=session)
    rows.filter(summary_due=due).update(summary_due=None)


def session_give_up(*, session: ClassSession, by: User) -> ClassSession:
    """Take back the opening of a register of which nothing was said yet: it is as if it had never been opened.

    A lesson of the timetable waits again; one begun ad hoc is cancelled. Raises SessionNotOpen, SessionClosed,
    LessonCancelled, and RegisterBegun where there is a mark, a photo, a check-in or a guest.
    """
    store = marks_for(session.institution)
    with transaction.atomic():
        session = _locked(session)
        _refuse_cancelled(session)
        if session.state == State.SCHEDULED:
            raise SessionNotOpen
        if not session.is_open:
            raise SessionClosed
        if _is_begun(session) or store.for_session(session.pk):
            raise RegisterBegun
        RosterEntry.objects.for_institution(session.institution).filter(session=session).delete()
        session.state = State.SCHEDULED if session.slot_id else State.CANCELLED
        session.opened_by = session.opened_at = session.late_counts = None
        session.save()
        _note(session, RegisterEvent.Kind.GIVEN_UP, by, at=timezone.now())
    return session


def _is_begun(session: ClassSession) -> bool:
    """True if a photo, a check-in code or a guest belongs to the register. Its marks are its store's to tell."""
    return (
        session.captures.exists()
        or CodeDisplay.objects.for_institution(session.institution).filter(session=session).exists()
        or RosterEntry.objects.for_institution(session.institution).filter(session=session, is_guest=True).exists()
    )


def session_reopen(*, session: ClassSession, by: User, reason: str = "") -> ClassSession:
    """Open a closed register again. From then on any new mark replaces an absence that closing wrote.

    After the school's days for corrections only an administrator may, with a reason. Raises SessionNotOpen for one that
    was never opened, LessonCancelled, EditWindowOver, ReasonNeeded.
    """
    with transaction.atomic():
        session = _locked(session)
        if session.is_open:
            return session
        _refuse_cancelled(session)
        if session.state == State.SCHEDULED:
            raise SessionNotOpen
        require_may_edit(session, by=by, reason=reason)
        session.state, session.closed_by, session.closed_at = State.OPEN, None, None
        session.save()
        _note(session, RegisterEvent.Kind.REOPENED, by, at=timezone.now(), reason=reason.strip()[:200])
    return session


def _locked(session: ClassSession) -> ClassSession:
    """The session's row, locked until the transaction ends."""
    rows = ClassSession.objects.for_institution(session.institution).select_related("institution", "course")
    return rows.select_for_update(of=("self",)).get(pk=session.pk)


def _note(session: ClassSession, kind: RegisterEvent.Kind, by: User, *, at: datetime, reason: str = "") -> None:
    RegisterEvent.objects.create(
        institution=session.institution, session=session, kind=kind, by=by, at=at, reason=reason
    )


def _refuse_cancelled(session: ClassSession) -> None:
    if session.state == State.CANCELLED:
        raise LessonCancelled


def _take_down_roster(session: ClassSession) -> None:
    on_roster = Enrollment.objects.for_institution(session.institution).filter(
        course=session.course, student__is_active=True
    )
    RosterEntry.objects.bulk_create(
        [
            RosterEntry(institution=session.institution, session=session, student_id=student_id)
            for student_id in on_roster.values_list("student_id", flat=True)
        ],
        ignore_conflicts=True,
    )
