"""Private pictures, each behind the access check of the page that shows it."""

from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from accounts.access import require_staff
from accounts.files import private_file
from accounts.http import SchoolRequest
from accounts.models import Role
from attendance.captures.deleting import capture_delete, capture_marks, capture_take_back
from attendance.errors import AttendanceError
from attendance.lessons.access import get_capture_or_404
from attendance.lessons.selectors import courses_of_students, detected_faces_of, guests_of, roster_students
from attendance.models import Capture
from attendance.register.names import called
from attendance.register.page import forget_withdrawn
from attendance.repositories.base import StoreUnavailable
from enrollment.access import Act, access_record, is_opened_alone
from enrollment.models import FacePhoto, has_consent
from enrollment.selectors import groups_of


@require_GET
def capture(request: SchoolRequest, institution: str, capture_id: UUID) -> HttpResponse:
    """The page of a photo taken earlier: its faces, each with its student and the reason."""
    found = get_capture_or_404(request, capture_id)
    faces = list(detected_faces_of(found.session).filter(capture=found))
    forget_withdrawn(request.institution, faces)
    _record(request, found)
    names = called(roster_students(found.session))
    context = {"capture": found, "session": found.session, "faces": faces, "names": names}
    if found.session.is_open and found.picture:
        context["marks_made"] = len(capture_marks(found))
    return render(request, "attendance/captures/capture.html", context)


@require_POST
def capture_remove(request: SchoolRequest, institution: str, capture_id: UUID) -> HttpResponse:
    """Delete the photo before its time; with `marks=take_back` also the marks that it made."""
    found = get_capture_or_404(request, capture_id)
    try:
        if request.POST.get("marks") == "take_back":
            return _take_back(request, found)
        capture_delete(capture=found, by=request.user)
        messages.success(request, _("The photo has been deleted. Its marks stay."))
    except (AttendanceError, StoreUnavailable) as error:
        messages.error(request, str(error))
    return redirect("capture", institution, capture_id)


def _take_back(request: SchoolRequest, found: Capture) -> HttpResponse:
    taken = capture_take_back(capture=found, by=request.user)
    words = ngettext(
        "The photo has been deleted, and %d mark was taken back.",
        "The photo has been deleted, and %d marks were taken back.",
        taken,
    )
    messages.success(request, words % taken)
    return redirect("session", found.institution.slug, found.session_id)


@require_GET
def capture_picture(request: SchoolRequest, institution: str, capture_id: UUID) -> HttpResponseBase:
    """The photo itself, until its retention ends."""
    found = get_capture_or_404(request, capture_id)
    if is_opened_alone(request):
        _record(request, found)
    return private_file(found.picture)


@require_GET
def portrait(request: SchoolRequest, institution: str, photo_id: UUID) -> HttpResponseBase:
    """The enrolled portrait of a student on one of the visitor's courses, on one that they take as a substitute now, or
    of a guest on one of their registers, or in their form group; for an administrator any student's. None without a
    valid consent."""
    membership = require_staff(request)
    photos = FacePhoto.objects.for_institution(request.institution).filter(has_consent("student"))
    if membership.role != Role.ADMIN:
        students = Q(student__courses__in=courses_of_students(membership)) | Q(student__in=guests_of(membership))
        photos = photos.filter(students | Q(student__groups__in=groups_of(membership))).distinct()
    photo = get_object_or_404(photos, pk=photo_id)
    if is_opened_alone(request):
        school = request.institution
        access_record(Act.PHOTO_SEEN, institution=school, by=request.user, subject=photo.student_id, photo=photo.pk)
    return private_file(photo.portrait)


def _record(request: SchoolRequest, found: Capture) -> None:
    session = found.session_id
    access_record(
        Act.CLASS_PHOTO_SEEN, institution=request.institution, by=request.user, session=session, capture=found.pk
    )
