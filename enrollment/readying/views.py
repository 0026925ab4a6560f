"""Pages of readiness, and decisions on students who look alike."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.access import require_role, require_staff
from accounts.files import KEEP_NOTHING, private_file
from accounts.http import SchoolRequest
from accounts.models import Membership, Role
from enrollment.access import Act, access_record
from enrollment.errors import EnrollmentError
from enrollment.models import FacePhoto, Group
from enrollment.photo_outcomes import photo_verdict
from enrollment.readiness import POSES
from enrollment.readying.labels import ACTS, CSS, WORDS
from enrollment.readying.selectors import (
    Lack,
    ReadinessCounts,
    ReadinessRow,
    confirmed_pairs,
    counts_by_course,
    counts_by_group,
    counts_of,
    lacking,
    pairs_to_decide,
    places_of,
    rows_of,
    with_lacks,
    with_portraits,
)
from enrollment.scope import Scope, scope_of
from enrollment.selectors import courses_of
from enrollment.services.photos import face_photo_delete, look_alike_confirm

ON_A_PAGE = 60
GROUPS_ON_A_PAGE = 60
COURSES_ON_A_PAGE = 30
PAIRS_ON_A_PAGE = 20
MOST_CONFIRMED = 20


@dataclass(frozen=True, slots=True)
class LackLine:
    """A lack in words, with the act that helps, and the address at which something can be done; empty for a teacher."""

    css: str
    word: str | Promise
    act: str | Promise
    url: str


@require_GET
def readiness(request: SchoolRequest, institution: str) -> HttpResponse:
    """Students of a group or course, or those who lack one thing; without either the counts of all."""
    membership = require_staff(request)
    scope = scope_of(request.institution, request.GET)
    _require_visible(membership, scope)
    wanted = _lack(request.GET.get("lack", ""))
    if not scope.query and (wanted is None or membership.role != Role.ADMIN):
        return _overview(request, membership, scope)
    students = lacking(scope.students, wanted) if wanted else with_lacks(scope.students)
    page = Paginator(students, ON_A_PAGE).get_page(request.GET.get("page"))
    rows = rows_of(request.institution, page.object_list)
    stations = _stations(request, scope, rows)
    counts = counts_of(scope.students)
    context = {
        "scope": scope,
        "counts": counts,
        "lacks": _lacks(counts, wanted),
        "rows": [(row, _lines(request, row, stations.get(row.student.pk, ""))) for row in rows],
        "page": page,
        "wanted": wanted,
        "poses": POSES,
    }
    return render(request, "enrollment/readying/list.html", context)


def _overview(request: SchoolRequest, membership: Membership, scope: Scope) -> HttpResponse:
    school, is_admin = request.institution, membership.role == Role.ADMIN
    active = Group.objects.for_institution(school).filter(is_active=True)
    groups = Paginator(active if is_admin else active.none(), GROUPS_ON_A_PAGE).get_page(request.GET.get("groups"))
    page = Paginator(courses_of(membership), COURSES_ON_A_PAGE).get_page(request.GET.get("page"))
    by_group = counts_by_group(school, [group.pk for group in groups.object_list])
    by_course = counts_by_course(school, [course.pk for course in page.object_list])
    counts = counts_of(scope.students) if is_admin else None
    context = {
        "counts": counts,
        "lacks": _lacks(counts) if counts else [],
        "groups": [(group, by_group[group.pk]) for group in groups.object_list],
        "group_page": groups,
        "courses": [(course, by_course[course.pk]) for course in page.object_list],
        "page": page,
    }
    return render(request, "enrollment/readying/overview.html", context)


@require_GET
def look_alikes(request: SchoolRequest, institution: str) -> HttpResponse:
    """Photos that look like another student, both faces side by side; below them the pairs already decided."""
    require_role(request, Role.ADMIN)
    page = Paginator(pairs_to_decide(request.institution), PAIRS_ON_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "pairs": with_portraits(request.institution, page.object_list),
        "page": page,
        "confirmed": confirmed_pairs(request.institution)[:MOST_CONFIRMED],
    }
    return render(request, "enrollment/readying/look_alikes.html", context)


@require_POST
def look_alike_decide(request: SchoolRequest, institution: str, photo_id: UUID) -> HttpResponse:
    """Record that they are two people, or delete the photo, which shows the other student."""
    require_role(request, Role.ADMIN)
    photo = _pair_or_404(request, photo_id)
    try:
        if request.POST.get("are") == "different":
            examined = look_alike_confirm(photo=photo, confirmed_by=request.user)
            messages.success(request, f"{photo.student.name}: {photo_verdict(examined)}")
        elif request.POST.get("are") == "same":
            face_photo_delete(photo=photo)
            access_record(Act.PHOTO_DELETED, institution=request.institution, by=request.user, subject=photo.student_id)
            messages.success(request, _("The photo has been deleted. Add one of %s instead.") % photo.student.name)
    except EnrollmentError as error:
        messages.error(request, str(error))
    return redirect("look_alikes", institution)


@require_GET
def look_alike_picture(request: SchoolRequest, institution: str, photo_id: UUID) -> HttpResponseBase:
    """The photo that waits for a decision."""
    require_role(request, Role.ADMIN)
    photo = _pair_or_404(request, photo_id)
    access_record(Act.PHOTO_SEEN, institution=request.institution, by=request.user, subject=photo.student_id)
    return private_file(photo.picture, cache_control=KEEP_NOTHING)


def _pair_or_404(request: SchoolRequest, photo_id: UUID) -> FacePhoto:
    return get_object_or_404(pairs_to_decide(request.institution), pk=photo_id)


def _require_visible(membership: Membership, scope: Scope) -> None:
    """Raise Http404 unless the member works with the course; groups and the school are the administrators'."""
    if membership.role == Role.ADMIN:
        return
    if scope.group is not None or scope.chosen is not None:
        raise Http404
    if scope.course is not None and not courses_of(membership).filter(pk=scope.course.pk).exists():
        raise Http404


def _lack(text: str) -> Lack | None:
    return Lack(text) if text in set(Lack) else None


def _lacks(counts: ReadinessCounts, wanted: Lack | None = None) -> list[tuple[Lack, str | Promise, int, bool]]:
    """The lacks to narrow a list to: key, words, number of students, and True for the one that is shown."""
    return [(lack, WORDS[lack], counts.by_lack[lack], lack == wanted) for lack in Lack]


def _stations(request: SchoolRequest, scope: Scope, rows: list[ReadinessRow]) -> dict[UUID, str]:
    """The address of the camera station that begins with each student; none for one of no group and no course."""
    students = [row.student.pk for row in rows]
    if scope.group:
        places = dict.fromkeys(students, ("group", scope.group.pk))
    elif scope.course:
        places = dict.fromkeys(students, ("course", scope.course.pk))
    else:
        places = places_of(request.institution, students)
    slug = request.institution.slug
    return {
        student: f"{reverse(f'station_of_{kind}', args=[slug, pk])}?student={student}"
        for student, (kind, pk) in places.items()
    }


def _lines(request: SchoolRequest, row: ReadinessRow, station: str) -> list[LackLine]:
    is_admin = request.membership.role == Role.ADMIN
    urls = {lack: _url(request, row, lack, station) if is_admin else "" for lack in row.lacks}
    return [LackLine(CSS[lack], WORDS[lack], ACTS[lack], urls[lack]) for lack in row.lacks]


def _url(request: SchoolRequest, row: ReadinessRow, lack: Lack, station: str) -> str:
    slug = request.institution.slug
    if lack == Lack.CONSENT:
        return reverse("consent_student", args=[slug, row.student.pk])
    if lack == Lack.CONFUSED:
        return reverse("look_alikes", args=[slug])
    return station or reverse("photos", args=[slug])
