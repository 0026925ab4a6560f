"""Notes for the teacher about refused check-ins, and a student's current lessons."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from attendance.checkin.rotating import step_at
from attendance.domain.marks import Mark
from attendance.lessons.selectors import on_day
from attendance.models import ClassSession, CodeTry
from attendance.repositories import marks_for
from enrollment.models import Student

Kind = CodeTry.Kind
_TOLD = (Kind.LOCKED, Kind.NETWORK, Kind.DEVICE, Kind.HELD)


@dataclass(frozen=True, slots=True)
class CodeNote:
    """A student who was refused, the reason in words, and the last time."""

    student: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class OpenLesson:
    """A lesson with an open register that the student is on, and their mark in it, if any."""

    session: ClassSession
    shows_code: bool
    mark: Mark | None

    @property
    def is_attended(self) -> bool:
        return self.mark is not None and self.mark.status.attended


def code_notes(session: ClassSession) -> list[CodeNote]:
    """Refusals that a teacher should know about, latest first; each student and reason once. One query."""
    tries = CodeTry.objects.for_institution(session.institution).filter(session=session, kind__in=[*_TOLD, Kind.IN])
    rows = list(tries.select_related("student").order_by("at", "pk"))
    owner = {row.device: row.student.name for row in rows if row.kind == Kind.IN and row.device}
    latest = {(row.student_id, row.kind): row for row in rows if row.kind != Kind.IN}
    notes = [CodeNote(row.student.name, _words(row, owner), row.at) for row in latest.values()]
    return sorted(notes, key=lambda note: note.at, reverse=True)


def _words(row: CodeTry, owner: dict[str, str]) -> str:
    if row.kind == Kind.DEVICE:
        return _("tried on the device that checked in %(name)s") % {"name": owner.get(row.device, _("somebody else"))}
    return {
        Kind.LOCKED: _("typed too many wrong codes"),
        Kind.NETWORK: _("had the right code, but not in the school's network"),
        Kind.HELD: _("had the right code, but you have marked otherwise"),
    }[Kind(row.kind)]


def lessons_of_now(student: Student) -> list[OpenLesson]:
    """Today's open registers that the student is on, those that show a code first."""
    now = timezone.now()
    sessions = (
        ClassSession.objects.for_institution(student.institution)
        .filter(
            on_day(timezone.localdate(), student.institution.zone),
            state=ClassSession.State.OPEN,
            roster__student=student,
        )
        .select_related("course", "code_display")
        .order_by("-starts_at")
    )
    lessons = [OpenLesson(session, shows_code(session, now), _mark(session, student)) for session in sessions]
    return sorted(lessons, key=lambda lesson: not lesson.shows_code)


def shows_code(session: ClassSession, now: datetime) -> bool:
    """True if the session's code is on a projector. Costs no query if `code_display` was selected with the session."""
    display = getattr(session, "code_display", None)
    return display is not None and display.last_step >= step_at(now) - 1


def _mark(session: ClassSession, student: Student) -> Mark | None:
    return marks_for(student.institution).for_session(session.pk).get(student.pk)
