"""Access helpers for the views of attendance: 404 for objects that the visitor may not see."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404

from accounts.access import require_role, require_staff
from accounts.http import SchoolRequest
from accounts.models import Role
from attendance.lessons.selectors import on_roster, sessions_visible_to
from attendance.models import Capture, ClassSession, DetectedFace
from enrollment.guardians.selectors import children_of
from enrollment.models import Course, Student
from enrollment.selectors import courses_of, student_of


def get_session_or_404(request: SchoolRequest, session_id: UUID) -> ClassSession:
    """A session of the visitor's courses. Raises PermissionDenied for students, Http404 for others' sessions."""
    return get_object_or_404(sessions_visible_to(require_staff(request)), pk=session_id)


def get_course_or_404(request: SchoolRequest, course_id: UUID) -> Course:
    """A course of the visitor's. Raises PermissionDenied for students, Http404 for others' courses."""
    course = get_object_or_404(courses_of(require_staff(request)), pk=course_id)
    course.institution = request.institution  # at hand: it need not be read again
    return course


def get_capture_or_404(request: SchoolRequest, capture_id: UUID) -> Capture:
    """A capture of a session of the visitor's courses. Raises PermissionDenied for students, Http404 for others'."""
    sessions = sessions_visible_to(require_staff(request))
    captures = Capture.objects.for_institution(request.institution).select_related(
        "session__course", "session__institution"
    )
    return get_object_or_404(captures, pk=capture_id, session__in=sessions)


def get_detected_face_or_404(request: SchoolRequest, session: ClassSession, detected_face_id: UUID) -> DetectedFace:
    """A face detected in this session, which the caller has checked. Raises Http404 for a face of another one."""
    detected_faces = DetectedFace.objects.for_institution(request.institution).select_related(
        "capture__session__course", "capture__session__institution"
    )
    return get_object_or_404(detected_faces, pk=detected_face_id, capture__session=session)


def get_rostered_student_or_404(request: SchoolRequest, session: ClassSession, student_id: UUID) -> Student:
    """A student on the roster of this session, which the caller has checked. Raises Http404 for any other."""
    if not on_roster(session, student_id):
        raise Http404
    return get_object_or_404(Student.objects.for_institution(request.institution), pk=student_id)


def get_expected_student_or_404(request: SchoolRequest, session: ClassSession, student_id: UUID) -> Student:
    """A student on the roster of this session, which the caller has checked, or on its course. Raises Http404."""
    students = Student.objects.for_institution(request.institution)
    if on_roster(session, student_id):
        return get_object_or_404(students, pk=student_id)
    return get_object_or_404(students, pk=student_id, enrollments__course=session.course_id)


def get_own_student_or_404(request: SchoolRequest) -> Student:
    """The student who is signed in. Raises PermissionDenied for staff, Http404 where no student has this account."""
    require_role(request, Role.STUDENT)
    student = student_of(request.user, request.institution)
    if student is None:
        raise Http404
    student.institution = request.institution
    return student


def get_child_or_404(request: SchoolRequest, student_id: UUID) -> Student:
    """A student whose guardian the visitor is. Raises PermissionDenied for anyone who is nobody's guardian here,
    Http404 for other students: a guardian learns nothing of them, nor of a child whom a court order keeps from them.
    """
    children = children_of(request.user, request.institution)
    if request.membership.role != Role.GUARDIAN and not children.exists():
        raise PermissionDenied
    student = get_object_or_404(children, pk=student_id)
    student.institution = request.institution
    return student
