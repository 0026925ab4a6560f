"""Access helpers for excuses and documents: 404 for what the visitor may not see."""

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseBase
from django.shortcuts import get_object_or_404

from accounts.access import require_staff
from accounts.files import KEEP_NOTHING, private_file
from accounts.http import SchoolRequest
from accounts.models import Role
from attendance.excuses.selectors import excuses_decidable, students_tutored
from attendance.lessons.access import get_child_or_404, get_own_student_or_404
from attendance.models import ClassSession, Excuse, Statement
from enrollment.access import Act, access_record
from enrollment.guardians.selectors import children_of
from enrollment.models import Student


def get_speaker_or_404(request: SchoolRequest, student_id: UUID | None) -> Student:
    """The student for whom the visitor speaks: themselves (None), or their child. Raises as the two do."""
    return get_own_student_or_404(request) if student_id is None else get_child_or_404(request, student_id)


def get_lesson_of_or_404(student: Student, session_id: UUID) -> ClassSession:
    """A lesson on whose register the student is. Raises Http404 for any other."""
    sessions = ClassSession.objects.for_institution(student.institution).select_related("institution", "course")
    return get_object_or_404(sessions, pk=session_id, roster__student=student)


def get_decidable_excuse_or_404(request: SchoolRequest, excuse_id: UUID) -> Excuse:
    """An excuse that is the visitor's to decide. Raises PermissionDenied for families, Http404 for others'."""
    return get_object_or_404(excuses_decidable(require_staff(request)), pk=excuse_id)


def get_excusable_student_or_404(request: SchoolRequest, student_id: UUID) -> Student:
    """A student for whom the visitor may enter an excuse: an administrator any, a tutor those of their group.

    Raises PermissionDenied for families, Http404 for other students.
    """
    membership = require_staff(request)
    students = Student.objects.for_institution(request.institution).select_related("institution")
    student = get_object_or_404(students, pk=student_id)
    if membership.role != Role.ADMIN and not students_tutored(membership, [student.pk]):
        raise Http404
    return student


def require_speaks(request: SchoolRequest, statement: Statement) -> None:
    """Raise Http404 unless the visitor is the student whom the statement is about, or sent it as their guardian.

    A guardian whom an order keeps from the student has sent it once, and speaks for them no more.
    """
    if request.user.pk == statement.student.user_id:
        return
    children = children_of(request.user, request.institution)
    if request.user.pk != statement.given_by_id or not children.filter(pk=statement.student_id).exists():
        raise Http404


def get_spoken_or_404(request: SchoolRequest, statements: Any, pk: UUID) -> Any:
    """A statement that the visitor sent, or that is about them. Raises Http404."""
    statement = get_object_or_404(statements.select_related("student", "institution"), pk=pk)
    require_speaks(request, statement)
    return statement


def get_sent_or_404(request: SchoolRequest, statements: Any, pk: UUID) -> Any:
    """A statement that the visitor sent, and may take back: a student not a guardian's. Raises Http404."""
    statement = get_spoken_or_404(request, statements, pk)
    if request.user.pk != statement.given_by_id:
        raise Http404
    return statement


def document_response(request: SchoolRequest, statement: Statement) -> HttpResponseBase:
    """The stored document, for a visitor whose right to see it was checked; that staff saw it is recorded.

    Raises Http404 once it was deleted.
    """
    if not statement.document:
        raise Http404
    response = private_file(statement.document, cache_control=KEEP_NOTHING)
    if statement.is_pdf and response.status_code == 200:
        response["Content-Type"] = "application/pdf"
        response["Content-Disposition"] = 'attachment; filename="document.pdf"'
    if is_staff(request):
        school = request.institution
        access_record(Act.DOCUMENT_SEEN, institution=school, by=request.user, subject=statement.student_id)
    return response


def is_staff(request: SchoolRequest) -> bool:
    """True for a teacher or an administrator."""
    try:
        require_staff(request)
    except PermissionDenied:
        return False
    return True


def own_or_decidable(request: SchoolRequest, statements: Any, decidable: Any, pk: UUID) -> Any:
    """A statement that the visitor may decide, sent for their child, or that is about them. Raises Http404."""
    found = decidable(request.membership).filter(pk=pk).first() if is_staff(request) else None
    return found or get_spoken_or_404(request, statements, pk)
