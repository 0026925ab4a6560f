"""Explanations of marks: for the teachers of the course, and for the student whose mark it is."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.files import KEEP_NOTHING
from accounts.http import SchoolRequest
from attendance.captures.errors import PictureLost, PictureUnavailable
from attendance.history.why import MarkExplanation, blurred_photo, others_for, read_why
from attendance.lessons.access import (
    get_child_or_404,
    get_own_student_or_404,
    get_rostered_student_or_404,
    get_session_or_404,
)
from attendance.lessons.selectors import roster_students
from attendance.models import ClassSession
from enrollment.access import Act, access_record
from enrollment.models import Student
from enrollment.selectors import portraits_of


@require_GET
def mark_why(request: SchoolRequest, institution: str, session_id: UUID, student_id: UUID) -> HttpResponse:
    """The explanation of a student's mark, with a way to correct the machine; with HTMX for the dialog."""
    why = _for_staff(request, session_id, student_id)
    student = why.student
    access_record(
        Act.PHOTO_SEEN, institution=request.institution, by=request.user, subject=student.pk, session=session_id
    )
    context = {
        "why": why,
        "session": why.session,
        "portrait": portraits_of(student.institution, [student.pk]).get(student.pk),
        "others": others_for(why, list(roster_students(why.session))) if why.is_to_correct else [],
        "is_dialog": bool(request.htmx),
    }
    return render(
        request, "attendance/history/_mark_why.html" if request.htmx else "attendance/history/mark_why.html", context
    )


@require_GET
def mark_photo(request: SchoolRequest, institution: str, session_id: UUID, student_id: UUID) -> HttpResponse:
    """The photo behind a mark, everybody else blurred."""
    return _blurred(_for_staff(request, session_id, student_id))


@require_GET
def my_mark(request: SchoolRequest, institution: str, session_id: UUID) -> HttpResponse:
    """The explanation of the signed-in student's own mark."""
    why = _of_one(request, session_id, get_own_student_or_404(request))
    return render(request, "attendance/history/my_mark.html", {"why": why, "session": why.session})


@require_GET
def my_mark_photo(request: SchoolRequest, institution: str, session_id: UUID) -> HttpResponse:
    """The photo behind the student's own mark: their own face alone can be recognised."""
    return _blurred(_of_one(request, session_id, get_own_student_or_404(request)))


@require_GET
def child_mark(request: SchoolRequest, institution: str, student_id: UUID, session_id: UUID) -> HttpResponse:
    """The explanation of a mark for the student's guardian: in words, without the photo of the class."""
    child = get_child_or_404(request, student_id)
    why = _of_one(request, session_id, child)
    access_record(
        Act.STUDENT_SEEN, institution=request.institution, by=request.user, subject=child.pk, session=session_id
    )
    return render(request, "attendance/history/child_mark.html", {"why": why, "session": why.session, "child": child})


def _for_staff(request: SchoolRequest, session_id: UUID, student_id: UUID) -> MarkExplanation:
    session = get_session_or_404(request, session_id)
    return _or_404(read_why(session, get_rostered_student_or_404(request, session, student_id)))


def _of_one(request: SchoolRequest, session_id: UUID, student: Student) -> MarkExplanation:
    sessions = ClassSession.objects.for_institution(request.institution).select_related("institution", "course")
    return _or_404(read_why(get_object_or_404(sessions, pk=session_id), student))


def _or_404(why: MarkExplanation | None) -> MarkExplanation:
    if why is None:
        raise Http404
    return why


def _blurred(why: MarkExplanation) -> HttpResponse:
    """The blurred photo as a response that nobody may cache: it ends with the photo."""
    try:
        response = HttpResponse(blurred_photo(why), content_type="image/jpeg")
    except PictureLost as error:
        raise Http404 from error
    except PictureUnavailable:
        text = _("The photo cannot be read now. Try again later.")
        return HttpResponse(text, status=503, content_type="text/plain")
    response["Cache-Control"] = KEEP_NOTHING
    response["X-Content-Type-Options"] = "nosniff"
    return response
