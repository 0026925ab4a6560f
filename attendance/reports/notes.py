"""Notes on a student's page: writing, deleting, and who reads which."""

from django.db.models import QuerySet

from accounts.models import Membership, Role
from attendance.models import StudentNote
from enrollment.access import Act, access_record
from enrollment.models import Student


def note_write(*, student: Student, text: str, audience: str, by: Membership) -> StudentNote:
    """Write a note on a student's page."""
    note = StudentNote.objects.create(
        institution=student.institution, student=student, text=text, audience=audience, written_by=by.user
    )
    access_record(Act.NOTE_WRITTEN, institution=student.institution, by=by.user, subject=student.pk)
    return note


def note_delete(*, note: StudentNote, by: Membership) -> None:
    """Delete a note."""
    access_record(Act.NOTE_DELETED, institution=note.institution, by=by.user, subject=note.student_id)
    note.delete()


def notes_for(student: Student, *, sees_all: bool) -> QuerySet[StudentNote]:
    """The notes on a student that a visitor reads, newest first: all for the tutor and the office."""
    notes = StudentNote.objects.for_institution(student.institution).filter(student=student)
    notes = notes if sees_all else notes.filter(audience=StudentNote.Audience.STAFF)
    return notes.select_related("written_by")


def may_delete(note: StudentNote, by: Membership) -> bool:
    """True for its author and for the office."""
    return by.role == Role.ADMIN or note.written_by_id == by.user_id
