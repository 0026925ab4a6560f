"""The camera station of photo day: a group or course is chosen, then its students come one after the other."""

from typing import Any, cast
from uuid import UUID

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET, require_POST

from accounts.access import require_role
from accounts.http import SchoolRequest
from accounts.models import Role
from enrollment.batches.forms import PictureForm
from enrollment.batches.station import (
    courses_counted,
    courses_to_enrol,
    groups_counted,
    groups_to_enrol,
    photo_to_replace,
    sitters_of,
    station_photo_take,
)
from enrollment.errors import EnrollmentError
from enrollment.models import Course, FacePhoto, Group, Student
from enrollment.photo_outcomes import photo_verdict
from enrollment.readiness import POSES

ON_A_PAGE = 60  # groups, and courses


class ShotForm(PictureForm):
    """A photo, and the one that it replaces."""

    instead_of = forms.UUIDField(required=False)


@require_GET
def station(request: SchoolRequest, institution: str) -> HttpResponse:
    """The groups and courses to choose from."""
    require_role(request, Role.ADMIN)
    groups = Paginator(groups_to_enrol(request.institution), ON_A_PAGE).get_page(request.GET.get("groups"))
    page = Paginator(courses_to_enrol(request.institution), ON_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "groups": groups_counted(list(groups.object_list)),
        "group_page": groups,
        "courses": courses_counted(list(page.object_list)),
        "page": page,
    }
    return render(request, "enrollment/batches/station_choose.html", context)


@require_GET
def station_of_group(request: SchoolRequest, institution: str, group_id: UUID) -> HttpResponse:
    """The station with a group's students."""
    require_role(request, Role.ADMIN)
    group = get_object_or_404(Group.objects.for_institution(request.institution), pk=group_id)
    students = Student.objects.for_institution(request.institution).filter(group_places__group=group)
    return _station(request, group.name, students)


@require_GET
def station_of_course(request: SchoolRequest, institution: str, course_id: UUID) -> HttpResponse:
    """The station with a course's students."""
    require_role(request, Role.ADMIN)
    course = get_object_or_404(Course.objects.for_institution(request.institution), pk=course_id)
    students = Student.objects.for_institution(request.institution).filter(enrollments__course=course)
    return _station(request, course.name, students)


def _station(request: SchoolRequest, name: str, students: Any) -> HttpResponse:
    sitters = sitters_of(students)
    context = {
        "name": name,
        "sitters": sitters,
        "poses": POSES,
        "with_photo": sum(sitter.photos > 0 for sitter in sitters),
        "without_consent": sum(not sitter.consented for sitter in sitters),
        "first": request.GET.get("student", ""),
    }
    return render(request, "enrollment/batches/station.html", context)


@require_POST
def station_take(request: SchoolRequest, institution: str, student_id: UUID) -> JsonResponse:
    """One photo of a student, enrolled at once; the answer is its outcome in words. Refused without a consent."""
    membership = require_role(request, Role.ADMIN)
    students = Student.objects.for_institution(request.institution).filter(is_active=True)
    student = get_object_or_404(students.select_related("institution"), pk=student_id)
    form = ShotForm(request.POST, request.FILES)
    if not form.is_valid():
        return JsonResponse({"error": "no_picture"}, status=400)
    upload = cast(UploadedFile, form.cleaned_data["picture"])
    old = photo_to_replace(student, form.cleaned_data["instead_of"])
    try:
        photo = station_photo_take(student=student, upload=upload, by=membership.user, instead_of=old)  # type: ignore[arg-type]
    except EnrollmentError as error:
        return JsonResponse({"error": error.code, "detail": str(error)}, status=503 if error.retryable else 422)
    return JsonResponse(answer_of(photo, student))


def answer_of(photo: FacePhoto, student: Student) -> dict[str, Any]:
    """A photo's outcome for the page that took it."""
    enrolled = FacePhoto.objects.for_institution(student.institution).filter(student=student, state="enrolled").count()
    words = photo_verdict(photo)
    return {"state": photo.state, "words": words, "photo": str(photo.pk), "photos": enrolled}
