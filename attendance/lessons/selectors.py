"""Selectors of lessons, rosters and pictures: access is decided in the query itself."""

from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Case, Exists, OuterRef, Q, QuerySet, When
from django.utils import timezone

from accounts.counting import counted
from accounts.models import Membership, Role
from attendance.lessons.substitutes import substitutions_of, takes_now
from attendance.models import Capture, ClassSession, DetectedFace, RosterEntry
from enrollment.models import Course, Enrollment, Student, has_consent
from enrollment.selectors import courses_of

SOON = timedelta(minutes=10)  # so long before its beginning a lesson counts as current
OPEN_STATES = (ClassSession.State.OPEN, ClassSession.State.CLOSING)
PLANNED = (ClassSession.State.SCHEDULED, ClassSession.State.CANCELLED)  # no register yet: may follow the timetable


def sessions_visible_to(membership: Membership) -> QuerySet[ClassSession]:
    """The sessions a member of staff may work with: an administrator all, a teacher those of the courses they teach.

    And those that they take as a substitute, while they do: nothing else of the course.
    """
    sessions = ClassSession.objects.for_institution(membership.institution).select_related(
        "institution", "course", "opened_by", "closed_by"
    )
    if membership.role == Role.ADMIN:
        return sessions
    return sessions.filter(Q(course__in=courses_of(membership)) | takes_now(membership))


def courses_on_page(membership: Membership) -> QuerySet[Course]:
    """The courses whose lessons can stand on a member of staff's page: their own, and those they take for others."""
    courses = Course.objects.for_institution(membership.institution)
    taken = substitutions_of(membership).values("course")
    return courses.filter(Q(pk__in=courses_of(membership).values("pk")) | Q(pk__in=taken))


def courses_of_students(membership: Membership) -> QuerySet[Course]:
    """The courses whose students' portraits a member of staff may see: their own, and those taken for others now."""
    taken = ClassSession.objects.for_institution(membership.institution).filter(takes_now(membership))
    courses = Course.objects.for_institution(membership.institution)
    return courses.filter(Q(pk__in=courses_of(membership).values("pk")) | Q(pk__in=taken.values("course")))


def on_day(day: date, zone: ZoneInfo) -> Q:
    """Condition for a query of sessions: those of a day, and those of the evening before that run into it and are on.

    day: a date in the institution's calendar, whose time zone is given.
    """
    over_midnight = max(timezone.now(), datetime.combine(day, time.min, zone))
    return Q(local_date=day) | Q(local_date=day - timedelta(days=1), ends_at__gt=over_midnight)


def sessions_of_day(membership: Membership, day: date) -> QuerySet[ClassSession]:
    """The day's sessions, earliest first, each with `expected`: the number of students on its roster.

    Before the register is opened: of active students on the course.
    """
    return (
        sessions_visible_to(membership)
        .filter(on_day(day, membership.institution.zone))
        .annotate(expected=_expected())
        .order_by("starts_at", "course__name_key")
    )


def _expected() -> Case:
    """The number of students that a session has, or would have. Counted apart: a join would multiply the rows."""
    on_course = Enrollment.objects.filter(course=OuterRef("course"), student__is_active=True)
    on_register = RosterEntry.objects.filter(session=OuterRef("pk"))
    return Case(
        When(state__in=PLANNED, then=counted(on_course, by="course")),
        default=counted(on_register, by="session"),
    )


def session_held(session_id: UUID) -> ClassSession:
    """The session as it is now, to be called in a transaction: until that ends nobody else changes it or holds it."""
    return ClassSession.objects.select_for_update(of=("self",), no_key=True).get(pk=session_id)


def sessions_left_open(membership: Membership, *, before: date) -> QuerySet[ClassSession]:
    """Registers of earlier days that were opened and never closed, latest first."""
    return sessions_visible_to(membership).filter(state__in=OPEN_STATES, local_date__lt=before).order_by("-starts_at")


def current_session(sessions: list[ClassSession]) -> ClassSession | None:
    """The current session among a day's: the one that is running, else the next that begins within ten minutes."""
    now = timezone.now()
    held = [s for s in sessions if s.state not in (ClassSession.State.CLOSED, ClassSession.State.CANCELLED)]
    running = [s for s in held if s.starts_at <= now < s.ends_at]
    if running:
        return running[-1]
    soon = [s for s in held if now < s.starts_at <= now + SOON]
    return soon[0] if soon else None


def next_session(sessions: list[ClassSession]) -> ClassSession | None:
    """The next session of a day that is still to be held, however long that is from now."""
    now = timezone.now()
    return next((s for s in sessions if s.starts_at > now and s.state == ClassSession.State.SCHEDULED), None)


def roster_ids(session: ClassSession) -> set[UUID]:
    """The students on the session's roster, as it was when the register was opened."""
    return set(_entries(session).values_list("student_id", flat=True))


def is_guest_in(session: ClassSession) -> Exists:
    """Condition on students: on the session's roster as a guest."""
    return Exists(_entries(session).filter(student=OuterRef("pk"), is_guest=True))


def guests_of(membership: Membership) -> QuerySet[Student]:
    """Those who are guests on a register that a member of staff may work with."""
    entries = RosterEntry.objects.for_institution(membership.institution).filter(
        is_guest=True, session__in=sessions_visible_to(membership)
    )
    return Student.objects.for_institution(membership.institution).filter(pk__in=entries.values("student"))


def roster_students(session: ClassSession) -> QuerySet[Student]:
    """The students on the session's roster, by name, each with `consented`.

    Before the register is opened: those on the course's roster.
    """
    students = Student.objects.for_institution(session.institution).annotate(consented=has_consent())
    if session.state in PLANNED:
        students = students.filter(enrollments__course=session.course, is_active=True)
    else:
        students = students.filter(pk__in=roster_ids(session))
    return students.order_by("name_key", "roll_number")


def on_roster(session: ClassSession, student_id: UUID) -> bool:
    """Return whether the student is on the session's roster."""
    return _entries(session).filter(student_id=student_id).exists()


def _entries(session: ClassSession) -> QuerySet[RosterEntry]:
    return RosterEntry.objects.for_institution(session.institution).filter(session=session)


def captures_of(session: ClassSession) -> QuerySet[Capture]:
    """The session's captures, newest first."""
    return Capture.objects.for_institution(session.institution).filter(session=session).order_by("-taken_at")


def detected_faces_of(session: ClassSession) -> QuerySet[DetectedFace]:
    """Every face seen in the session's captures, with capture and student, in the order of the pictures."""
    return (
        DetectedFace.objects.for_institution(session.institution)
        .filter(capture__session=session)
        .select_related("capture__institution", "student", "decided_student", "decided_by")
        .order_by("capture__taken_at", "number")
    )
