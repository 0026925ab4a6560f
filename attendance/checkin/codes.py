"""Check-in codes on the projector: showing and stopping them, and checking in by one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from accounts.network import Address, is_within
from attendance.checkin.errors import DeviceUsed, MarkedOtherwise, NoCodeShown, OtherNetwork, TooManyCodes, WrongCode
from attendance.checkin.rotating import code_at, digits_of, good_steps, is_one_of, new_secret, seconds_left, step_at
from attendance.domain.marks import Mark
from attendance.domain.statuses import Source, arrival
from attendance.errors import AttendanceError
from attendance.models import ClassSession, CodeDisplay, CodeTry, RosterEntry
from attendance.register.marks import new_mark, require_open
from attendance.repositories import marks_for
from enrollment.models import Student

WINDOW = timedelta(minutes=5)  # in which wrong codes are counted
MOST_WRONG = 5  # of a student in a lesson
MOST_WRONG_A_STUDENT = 2  # of a whole class, for each of its students …
FEW_WRONG = 60  # … but a small class may be wrong so often
KEPT = timedelta(days=7)  # after the lesson, while somebody may ask for the reason of a refusal
Kind = CodeTry.Kind


@dataclass(frozen=True, slots=True)
class ShownCode:
    """The code on the projector. seconds_left: until the next one. checked_in: number of check-ins by code."""

    code: str
    seconds_left: float
    checked_in: int


@dataclass(frozen=True, slots=True)
class CheckedIn:
    """A student's mark by check-in, with its lesson."""

    session: ClassSession
    mark: Mark


@dataclass(frozen=True, slots=True)
class CheckInAttempt:
    """A check-in attempt. device: empty if the school does not require a device for each student."""

    student: Student
    code: str
    device: str
    address: Address | None
    at: datetime

    @property
    def step(self) -> int:
        return step_at(self.at)


def code_show(*, session: ClassSession, by: User) -> ShownCode:
    """The current code, valid from now on. The projector asks again at each step; a code that it missed is never valid.

    Raises SessionNotOpen, SessionClosed.
    """
    require_open(session)
    now = timezone.now()
    display, _new = CodeDisplay.objects.get_or_create(
        session=session, defaults={"institution": session.institution, "secret": new_secret(), "shown_by": by}
    )
    step = step_at(now)
    CodeDisplay.objects.filter(pk=display.pk, last_step__lt=step).update(last_step=step, shown_by=by)
    checked_in = CodeTry.objects.for_institution(session.institution).filter(session=session, kind=Kind.IN).count()
    return ShownCode(_code(display, step), seconds_left(now), checked_in)


def code_stop(*, session: ClassSession) -> None:
    """Invalidate the session's code until the next one is displayed."""
    CodeDisplay.objects.for_institution(session.institution).filter(session=session).update(last_step=0)


def code_check_in(*, student: Student, typed: str, device: str, address: Address | None) -> CheckedIn:
    """Mark a student present, or late, by the code on the projector of their lesson.

    typed: six digits, however they are grouped. device: a random number of the browser's. Repeating it changes
    nothing, so fifty at once, a double tap and a second try after a crash all end in one mark each. A mark by a person
    stays. Raises NoCodeShown, WrongCode, TooManyCodes, OtherNetwork, DeviceUsed, MarkedOtherwise, SessionClosed,
    StoreUnavailable.
    """
    device = device if student.institution.code_one_device else ""
    entry = CheckInAttempt(student, digits_of(typed), device, address, timezone.now())
    with transaction.atomic():
        judged = _judge(entry)  # outcomes are kept, so a refusal is raised only after the transaction
    if isinstance(judged, AttendanceError):
        raise judged
    session = judged.session
    require_open(session)
    return CheckedIn(session, _mark(session, student, judged.at))


def check_ins_expire() -> int:
    """Delete the records of check-ins some days after their lesson; returns the number of rows. The marks stay."""
    over = timezone.now() - KEPT
    tries, _each = CodeTry.objects.filter(session__ends_at__lt=over).delete()
    displays, _each = CodeDisplay.objects.filter(session__ends_at__lt=over).delete()
    return tries + displays


# -- Judging -----------------------------------------------------------------------------------------------------------


def _judge(entry: CheckInAttempt) -> CodeTry | AttendanceError:
    """The check-in that the code allows, or its refusal. Runs in a transaction, one at a time for a student."""
    shown = _shown_to(entry)
    if not shown:
        return NoCodeShown()
    sessions = [display.session_id for display in shown]
    # The student's own line in each roster: others of the class do not wait for it.
    list(RosterEntry.objects.select_for_update().filter(student=entry.student, session__in=sessions).order_by("pk"))
    ready = [display for display in shown if not _is_locked(display.session, entry)]
    if not ready:
        return TooManyCodes()
    good = next((display for display in ready if is_one_of(entry.code, _good_codes(display, entry.step))), None)
    if good is None:
        return _not_good(ready, entry)
    return _refusal(good.session, entry) or _use(good.session, entry)


def _shown_to(entry: CheckInAttempt) -> Sequence[CodeDisplay]:
    """The codes now on projectors for a lesson with this student on its register."""
    return list(
        CodeDisplay.objects.for_institution(entry.student.institution)
        .filter(
            session__state=ClassSession.State.OPEN,
            session__roster__student=entry.student,
            last_step__gte=entry.step - 1,
        )
        .select_related("session__course", "session__institution")
        .order_by("session__starts_at", "pk")
    )


def _good_codes(display: CodeDisplay, step: int) -> list[str]:
    return [_code(display, each) for each in good_steps(now=step, last_shown=display.last_step)]


def _code(display: CodeDisplay, step: int) -> str:
    return code_at(
        secret=bytes(display.secret), institution=display.institution_id, session=display.session_id, step=step
    )


def _is_locked(session: ClassSession, entry: CheckInAttempt) -> bool:
    """True if the student, or the whole class, typed too many wrong codes within WINDOW."""
    wrong = _tries(session).filter(kind=Kind.WRONG, at__gt=entry.at - WINDOW)
    if wrong.filter(student=entry.student).count() >= MOST_WRONG:
        return True
    at_least = wrong.count()
    return at_least >= FEW_WRONG and at_least >= MOST_WRONG_A_STUDENT * session.roster.count()


def _not_good(shown: Sequence[CodeDisplay], entry: CheckInAttempt) -> CodeTry | AttendanceError:
    """Record a wrong code, except from a student who is checked in everywhere already: that is a second tap."""
    inside = [_own(display.session, entry) for display in shown]
    if inside[0] and all(inside):
        return inside[0]
    for display in shown:
        _note(display.session, entry, Kind.WRONG)
        own = _tries(display.session).filter(student=entry.student, kind=Kind.WRONG, at__gt=entry.at - WINDOW)
        if own.count() == MOST_WRONG:
            _note(display.session, entry, Kind.LOCKED)
    return WrongCode()


def _refusal(session: ClassSession, entry: CheckInAttempt) -> AttendanceError | None:
    """The refusal of a valid code, or None: recorded for the teacher, since the code was passed on."""
    networks = session.institution.networks
    if networks and not is_within(entry.address, networks):
        _note(session, entry, Kind.NETWORK)
        return OtherNetwork()
    others = _tries(session).filter(kind=Kind.IN, device=entry.device).exclude(student=entry.student)
    if entry.device and others.exists():
        _note(session, entry, Kind.DEVICE)
        return DeviceUsed()
    return None


def _use(session: ClassSession, entry: CheckInAttempt) -> CodeTry | AttendanceError:
    """The student's one check-in: the first one counts, with its time."""
    if own := _own(session, entry):
        return own
    try:
        with transaction.atomic():
            return _note(session, entry, Kind.IN)
    except IntegrityError:  # the same device, at the same moment
        _note(session, entry, Kind.DEVICE)
        return DeviceUsed()


def _own(session: ClassSession, entry: CheckInAttempt) -> CodeTry | None:
    own = _tries(session).filter(student=entry.student, kind=Kind.IN)
    return own.select_related("session__course", "session__institution").first()


def _tries(session: ClassSession) -> QuerySet[CodeTry]:
    return CodeTry.objects.for_institution(session.institution).filter(session=session)


def _note(session: ClassSession, entry: CheckInAttempt, kind: Kind) -> CodeTry:
    return CodeTry.objects.create(
        institution=session.institution,
        session=session,
        student=entry.student,
        kind=kind,
        device=entry.device,
        at=entry.at,
    )


# -- Marking -----------------------------------------------------------------------------------------------------------


def _mark(session: ClassSession, student: Student, at: datetime) -> Mark:
    """The mark of a check-in, or an earlier one by which the student is here. Raises MarkedOtherwise."""
    status, late = arrival(seen_at=at, starts_at=session.starts_at, grace_minutes=session.grace_minutes)
    mark = new_mark(
        session, student.pk, status=status, source=Source.CODE, at=at, actor_id=student.user_id, minutes_late=late
    )
    store = marks_for(session.institution)
    if written := store.mark_many([mark]):
        return written[0]
    held = store.for_session(session.pk)[student.pk]
    if not held.status.attended:
        CodeTry.objects.create(institution=session.institution, session=session, student=student, kind=Kind.HELD)
        raise MarkedOtherwise
    return held
