"""A term of the demo school: the timetable, past registers with their marks, and a lesson that is running now.

Everything is drawn from hashes of names and dates, so that two seedings give the same history.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID, uuid5

from django.db import transaction
from django.utils import timezone

from accounts.models import Institution, User
from attendance.demo import school
from attendance.demo.measured import Stranger, faces_create
from attendance.domain.marks import Evidence, Mark
from attendance.domain.statuses import Source, Status
from attendance.lessons.selectors import OPEN_STATES
from attendance.lessons.timetable import lesson_times, sessions_plan
from attendance.models import Capture, ClassSession, RosterEntry, TimetableSlot
from attendance.register.marks import new_mark
from attendance.register.sessions import closing_of
from attendance.repositories import marks_for
from enrollment.domain.faces import Calibration
from enrollment.faces.door import door_for
from enrollment.models import Course, Student
from enrollment.selectors import students_with_consent

TERM = timedelta(weeks=11)
LESSON = timedelta(minutes=50)
STALE = timedelta(minutes=5)  # a demo lesson that nobody opened for so long is moved to now
# Of a thousand lessons, those a student misses or is late for; two students miss so many that it should be noticed.
OFTEN_ABSENT = {"R-1013": 260, "R-1024": 180}
SELDOM_ABSENT = 45
LATE, EXCUSED_OF_ABSENT = 40, 350
# Of a thousand: faces of which the teacher was asked, marks by photo that were corrected, lessons with a stranger.
IN_DOUBT, CORRECTED, STRANGERS = 30, 12, 400
NOTES = ("Doctor's appointment", "Family matter", "School team away match", "Unwell, parent called")
UNFINISHED = 3  # students whom nobody has marked yet in the register that was left open
Say = Callable[[str], None]


@dataclass(frozen=True)
class Past:
    """A past lesson whose register is to be written. faces: the students whom a photo can have marked."""

    session: ClassSession
    students: list[Student]
    faces: set[UUID]
    teacher: User
    calibration: Calibration
    capture: Capture


def timetable_create(institution: Institution, courses: list[Course]) -> None:
    """Create the weekly lessons, from the Monday on which the term began."""
    today = timezone.localdate(timezone=institution.zone)
    begins = today - TERM - timedelta(days=(today - TERM).weekday())
    for course, plan in zip(courses, school.COURSES, strict=True):
        for lesson in plan.lessons:
            TimetableSlot.objects.get_or_create(
                institution=institution,
                course=course,
                weekday=lesson.weekday,
                starts=lesson.starts,
                defaults={"ends": lesson.ends, "first_day": begins},
            )


def history_create(institution: Institution, say: Say) -> None:
    """Create the missing registers of lessons from the beginning of the term until yesterday; the last is left open.

    Also plans today and tomorrow.
    """
    today = timezone.localdate(timezone=institution.zone)
    calibration = door_for(institution).calibration
    faces = set(students_with_consent(institution).filter(photos__state="enrolled").values_list("pk", flat=True))
    left_open = _day_left_open(institution, today)
    written = 0
    for slot in TimetableSlot.objects.for_institution(institution).select_related("course", "institution"):
        is_chemistry = slot.course.code == school.CHEMISTRY.code
        written += _slot_history(slot, today, left_open if is_chemistry else None, faces, calibration)
    if written:
        say(f"  {written} registers of the term written")
    for day in (today, today + timedelta(days=1)):
        sessions_plan(institution=institution, day=day)


def lesson_now(course: Course, *, after_closing: bool) -> ClassSession:
    """The course's current lesson; one is added where there is none.

    One that nobody has opened is moved to now, so that nobody is late in it. after_closing: begin another one even if
    the current lesson is closed already.
    """
    now = timezone.now()
    lessons = ClassSession.objects.for_institution(course.institution).filter(course=course, slot=None)
    # One that somebody has planned for later stays where it is.
    waiting = lessons.filter(state=ClassSession.State.SCHEDULED, changed_at=None).order_by("-starts_at").first()
    if waiting and now - STALE < waiting.starts_at <= now:
        return waiting
    if waiting is None:
        running = lessons.filter(starts_at__lte=now, ends_at__gt=now).order_by("-starts_at")
        if lesson := (running.filter(state__in=OPEN_STATES) if after_closing else running).first():
            return lesson
        waiting = ClassSession(institution=course.institution, course=course, room=course.room)
    waiting.starts_at = now.replace(second=0, microsecond=0)
    waiting.ends_at = waiting.starts_at + LESSON
    waiting.save()
    return waiting


def demo_physics() -> Course | None:
    """The course whose students are on the demo's class photo, if the demo school exists."""
    return (
        Course.objects.filter(institution__slug=school.RIVERSIDE.slug, code=school.PHYSICS.code)
        .select_related("institution")
        .first()
    )


# -- Past registers ----------------------------------------------------------------------------------------------------


def _slot_history(
    slot: TimetableSlot, today: date, left_open: date | None, faces: set[UUID], calibration: Calibration
) -> int:
    teaching = slot.course.teachings.select_related("teacher__user").first()
    if teaching is None:
        return 0
    students = list(Student.objects.for_institution(slot.institution).filter(enrollments__course=slot.course))
    known = set(slot.sessions.values_list("local_date", flat=True))
    day = slot.first_day + timedelta(days=(slot.weekday - slot.first_day.weekday()) % 7)
    written = 0
    while day < today:
        if day not in known:
            with transaction.atomic():
                session = _past_session(slot, day, teaching.teacher.user, is_closed=day != left_open)
                capture = _past_capture(session, calibration)
                _write(Past(session, students, faces, teaching.teacher.user, calibration, capture))
            written += 1
        day += timedelta(days=7)
    return written


def _past_session(slot: TimetableSlot, day: date, teacher: User, *, is_closed: bool) -> ClassSession:
    begins, ends = lesson_times(slot, day)
    state = ClassSession.State.CLOSED if is_closed else ClassSession.State.OPEN
    return ClassSession.objects.create(
        institution=slot.institution,
        course=slot.course,
        slot=slot,
        starts_at=begins,
        ends_at=ends,
        room=slot.room or slot.course.room,
        state=state,
        opened_by=teacher,
        opened_at=begins,
        closed_by=teacher if is_closed else None,
        closed_at=begins + timedelta(minutes=20) if is_closed else None,
    )


def _past_capture(session: ClassSession, calibration: Calibration) -> Capture:
    """The photo by which that register was taken. Its picture has been deleted, its figures stay."""
    return Capture.objects.create(
        institution=session.institution,
        session=session,
        nonce=uuid5(session.pk, "photo"),
        kind=Capture.Kind.PHOTO,
        width=1920,
        height=1080,
        state=Capture.State.DONE,
        attempts=1,
        engine=calibration.engine,
        model=calibration.model,
        accept_threshold=calibration.accept_threshold,
        review_threshold=calibration.review_threshold,
        seconds=0.4,
        taken_by=session.opened_by,
        taken_at=session.starts_at + timedelta(minutes=2),
    )


def _write(past: Past) -> None:
    """Write the roster of the lesson and a mark for each of its students; in a register left open not yet for all."""
    institution = past.session.institution
    RosterEntry.objects.bulk_create(
        [RosterEntry(institution=institution, session=past.session, student=student) for student in past.students]
    )
    seen = past.students if past.session.closed_at else past.students[UNFINISHED:]
    marks = [_mark(past, student, face) for face, student in enumerate(seen, start=1)]
    if not past.session.closed_at:
        marks = [mark for mark in marks if mark.source is not Source.CLOSE]
    store = marks_for(institution)
    store.mark_many([mark for mark in marks if not mark.source.is_person])
    for mark in marks:
        if mark.source.is_person:
            store.correct(mark, expected_version=0)
    corrected = {mark.student_id: mark for mark in _corrected(past, marks)}
    for mark in corrected.values():
        store.correct(mark, expected_version=1)
    faces_create(past.capture, marks, _stranger(past, marks), past.teacher)
    if past.session.closed_at:
        store.close_session(closing_of(past.session, [corrected.get(mark.student_id, mark) for mark in marks]))


def _corrected(past: Past, marks: list[Mark]) -> Iterator[Mark]:
    """Marks by photo that the teacher changed in the lesson: the student had come after the bell."""
    by_photo = {mark.student_id for mark in marks if mark.source is Source.PHOTO}
    at = past.session.starts_at + timedelta(minutes=12)
    for student in past.students:
        words = (student.roll_number, past.session.course.code, past.session.local_date.isoformat())
        if student.pk in by_photo and _thousandth("corrected", *words) < CORRECTED:
            yield _by_hand(past, student, Status.LATE, at, minutes_late=12, note="Came after the bell")


def _stranger(past: Past, marks: list[Mark]) -> Stranger | None:
    """Somebody who only resembled a student that was not there, in some lessons."""
    words = (past.session.course.code, past.session.local_date.isoformat())
    away = [mark.student_id for mark in marks if mark.source is Source.CLOSE and mark.student_id in past.faces]
    if not away or _thousandth("stranger", *words) >= STRANGERS:
        return None
    return Stranger(away[0], _in_doubt(past, "stranger", *words))


def _in_doubt(past: Past, *words: str) -> float:
    """A similarity between asking and marking."""
    low, high = past.calibration.review_threshold, past.calibration.accept_threshold
    return round(low + (high - low) * (100 + _thousandth("doubt", *words) * 0.8) / 1000, 4)


def _mark(past: Past, student: Student, face: int) -> Mark:
    """The mark of a student on that day."""
    words = (student.roll_number, past.session.course.code, past.session.local_date.isoformat())
    if _thousandth("away", *words) < OFTEN_ABSENT.get(student.roll_number, SELDOM_ABSENT):
        return _not_there(past, student, words)
    if _thousandth("late", *words) < LATE:
        minutes = 11 + _thousandth("minutes", *words) % 14
        at = past.session.starts_at + timedelta(minutes=minutes)
        return _by_hand(past, student, Status.LATE, at, minutes_late=minutes)
    if student.pk in past.faces:
        return _by_photo(past, student, face, words)
    return _by_hand(past, student, Status.PRESENT, past.session.starts_at + timedelta(minutes=4))


def _not_there(past: Past, student: Student, words: tuple[str, ...]) -> Mark:
    """A mark as excused by the teacher with a note, or as absent by the closing of the register."""
    if _thousandth("excused", *words) < EXCUSED_OF_ABSENT:
        note = NOTES[_thousandth("note", *words) % len(NOTES)]
        return _by_hand(past, student, Status.EXCUSED, past.session.starts_at + timedelta(minutes=5), note=note)
    closed_at = past.session.closed_at or past.session.ends_at
    return new_mark(
        past.session, student.pk, status=Status.ABSENT, source=Source.CLOSE, at=closed_at, actor_id=past.teacher.pk
    )


def _by_photo(past: Past, student: Student, face: int, words: tuple[str, ...]) -> Mark:
    """Marked by the photo at once, or after the teacher said whose face it is."""
    is_asked = _thousandth("face", *words) < IN_DOUBT
    similarity = round(past.calibration.accept_threshold + 0.2 + _thousandth("similarity", *words) / 3000, 4)
    if is_asked:
        similarity = _in_doubt(past, *words)
    evidence = Evidence(
        capture_id=past.capture.pk,
        face=face,
        similarity=similarity,
        threshold=past.calibration.accept_threshold,
        engine=past.calibration.engine,
        model=past.calibration.model,
    )
    return new_mark(
        past.session,
        student.pk,
        status=Status.PRESENT,
        source=Source.CONFIRMED if is_asked else Source.PHOTO,
        at=past.capture.taken_at,
        actor_id=past.teacher.pk if is_asked else None,
        evidence=evidence,
    )


def _by_hand(
    past: Past, student: Student, status: Status, at: datetime, *, minutes_late: int = 0, note: str = ""
) -> Mark:
    mark = new_mark(
        past.session,
        student.pk,
        status=status,
        source=Source.HAND,
        at=at,
        actor_id=past.teacher.pk,
        minutes_late=minutes_late,
    )
    return replace(mark, note=note)


def _day_left_open(institution: Institution, today: date) -> date | None:
    """The last school day before today, whose chemistry register stays open; None where an old one is open already."""
    sessions = ClassSession.objects.for_institution(institution).filter(local_date__lt=today)
    if sessions.filter(state__in=OPEN_STATES).exists():
        return None
    return next(day for n in range(1, 4) if (day := today - timedelta(days=n)).weekday() < 5)


def _thousandth(*words: str) -> int:
    """A number from 0 to 999 that depends on the words alone."""
    digest = hashlib.sha256("\0".join(words).encode()).digest()
    return int.from_bytes(digest[:4], "big") % 1000
