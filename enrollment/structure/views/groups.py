"""Pages of form groups: all of them, and one with its students and courses."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import OuterRef, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import require_role
from accounts.counting import counted
from accounts.http import SchoolRequest
from accounts.models import Role
from enrollment.errors import EnrollmentError
from enrollment.models import Course, CourseGroup, Group, GroupPlace, SchoolYear
from enrollment.structure.forms import CourseOfGroupForm, GroupForm, JoinForm
from enrollment.structure.groups import (
    course_group_add,
    course_group_remove,
    group_delete,
    group_save,
    group_student_add,
    group_student_remove,
)
from enrollment.structure.picking import MOST_SHOWN, students_by_numbers, students_outside

GROUPS_ON_A_PAGE = 60


def _own(request: SchoolRequest, group_id: UUID) -> Group:
    require_role(request, Role.ADMIN)
    groups = Group.objects.for_institution(request.institution).select_related("institution", "year", "tutor__user")
    return get_object_or_404(groups, pk=group_id)


@require_http_methods(["GET", "POST"])
def groups(request: SchoolRequest, institution: str) -> HttpResponse:
    """All groups that exist now, and the form that adds one."""
    require_role(request, Role.ADMIN)
    latest = SchoolYear.objects.for_institution(request.institution).first()
    form = GroupForm(request.POST or None, institution=request.institution, initial={"year": latest})
    if request.method == "POST" and form.is_valid() and (made := _save(request, form, None)):
        return redirect("group", institution, made.pk)
    shows_past = "past" in request.GET
    listed = _listed(request, is_active=not shows_past)
    page = Paginator(listed, GROUPS_ON_A_PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page": page, "groups": _counted(list(page.object_list)), "shows_past": shows_past}
    return render(request, "enrollment/structure/groups.html", context)


def _listed(request: SchoolRequest, *, is_active: bool) -> QuerySet[Any]:
    rows = Group.objects.for_institution(request.institution).filter(is_active=is_active)
    return rows.order_by("-year__starts_on", "name_key", "pk")


def _counted(page: Collection[Group]) -> list[Any]:
    """The groups of a page with `size` and `taught`: their students and courses. One query."""
    places = GroupPlace.objects.filter(group=OuterRef("pk"), student__is_active=True)
    taught = CourseGroup.objects.filter(group=OuterRef("pk"))
    rows = Group.objects.filter(pk__in=[each.pk for each in page]).select_related("year", "tutor__user")
    rows = rows.annotate(size=counted(places, by="group"), taught=counted(taught, by="group"))
    found = {each.pk: each for each in rows}
    return [found[each.pk] for each in page]


def _save(request: SchoolRequest, form: GroupForm, group: Group | None) -> Group | None:
    try:
        return group_save(institution=request.institution, group=group, **form.cleaned_data)
    except EnrollmentError as error:
        form.add_error("name", str(error))
        return None


@require_http_methods(["GET", "POST"])
def group(request: SchoolRequest, institution: str, group_id: UUID) -> HttpResponse:
    """A group: its students, its courses, its name and tutor."""
    found = _own(request, group_id)
    initial = {name: getattr(found, name) for name in ("name", "year", "grade", "tutor")}
    form = GroupForm(request.POST or None, institution=request.institution, initial=initial)
    if request.method == "POST" and form.is_valid() and _save(request, form, found):
        messages.success(request, _("Saved."))
        return redirect("group", institution, found.pk)
    text = request.GET.get("q", "").strip()
    outside = students_outside(found, text)
    context = {
        "group": found,
        "form": form,
        "students": found.students.filter(is_active=True).order_by("name_key", "roll_number"),
        "courses": found.courses.all(),
        "outside": outside[:MOST_SHOWN],
        "outside_count": outside.count(),
        "q": text,
        "join_form": JoinForm(institution=request.institution),
        "course_form": CourseOfGroupForm(group=found),
    }
    return render(request, "enrollment/structure/group.html", context)


@require_POST
def group_remove(request: SchoolRequest, institution: str, group_id: UUID) -> HttpResponse:
    """Delete a group; its students stay."""
    group_delete(group=_own(request, group_id))
    return redirect("groups", institution)


@require_POST
def group_add(request: SchoolRequest, institution: str, group_id: UUID) -> HttpResponse:
    """Put students into the group: those ticked, and those whose roll numbers were pasted."""
    found = _own(request, group_id)
    form = JoinForm(request.POST, institution=request.institution)
    if not form.is_valid():
        messages.error(request, _("Nobody was added: choose students, or paste their roll numbers."))
        return redirect("group", institution, found.pk)
    picked = students_by_numbers(request.institution, form.cleaned_data["numbers"])
    new = group_student_add(group=found, students=[*picked.students, *form.cleaned_data["student"]])
    messages.success(request, ngettext("%d student added.", "%d students added.", new) % new)
    if picked.unknown:
        messages.warning(request, _("Nobody has these roll numbers: %s") % ", ".join(picked.unknown[:20]))
    return redirect("group", institution, found.pk)


@require_POST
def group_take_out(request: SchoolRequest, institution: str, group_id: UUID, student_id: UUID) -> HttpResponse:
    """Take a student out of the group."""
    found = _own(request, group_id)
    group_student_remove(group=found, student=get_object_or_404(found.students, pk=student_id))
    return redirect("group", institution, found.pk)


@require_POST
def group_course_add(request: SchoolRequest, institution: str, group_id: UUID) -> HttpResponse:
    """Teach the group in a course: its students join the roster."""
    found = _own(request, group_id)
    form = CourseOfGroupForm(request.POST, group=found)
    if form.is_valid():
        new = course_group_add(course=form.cleaned_data["course"], group=found)
        text = ngettext("%d student joined the roster.", "%d students joined the roster.", new)
        messages.success(request, text % new)
    else:
        messages.error(request, str(form.errors["course"][0]))
    return redirect("group", institution, found.pk)


@require_POST
def group_course_remove(request: SchoolRequest, institution: str, group_id: UUID, course_id: UUID) -> HttpResponse:
    """Teach the group in a course no more."""
    found = _own(request, group_id)
    course_group_remove(course=get_object_or_404(Course, pk=course_id, course_groups__group=found), group=found)
    return redirect("group", institution, found.pk)
