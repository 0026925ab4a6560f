"""Admin of courses and their teachers. The roster has a page of its own: `enrollment/rosters`."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.counting import counted
from accounts.tenant_admin import OwnRowsFilter, TenantInline, TenantModelAdmin
from enrollment.models import Course, CourseGroup, Enrollment, InvitedTeacher, SchoolYear, Teaching


class TeachingInline(TenantInline):
    """The course's teachers: members of staff."""

    model = Teaching
    verbose_name = _("teacher")
    verbose_name_plural = _("teachers")
    fields = ["teacher"]
    exists_already = _("This teacher is in the list already.")


class YearFilter(OwnRowsFilter):
    """Filter of courses by school year."""

    title = _("school year")
    parameter_name = "year"
    lookup = "year"

    @staticmethod
    def rows(institution: Any) -> models.QuerySet[Any]:
        return SchoolYear.objects.for_institution(institution)


@admin.register(Course)
class CourseAdmin(TenantModelAdmin):
    """Admin of courses. A course with lessons is kept: “taught now” is switched off instead."""

    list_display = ["name", "code", "room", "size", "taught_by", "is_active"]
    ordering = ["name_key"]
    list_filter = [YearFilter, "is_active"]
    search_fields = ["name_key", "code"]
    search_help_text = _("Name or code")
    empty_hint = _("A course has a roster, teachers and weekly lessons. Add one, or import a list of courses.")
    fields = ["name", "code", "year", "room", "grace_minutes", "is_active"]
    inlines = [TeachingInline]
    change_form_outer_before_template = "admin/enrollment/_course_roster.html"
    deletes_with: ClassVar[tuple[type[models.Model], ...]] = (Enrollment, Teaching, CourseGroup, InvitedTeacher)
    exists_already = _("There is a course with this code already.")

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        rows = super().get_queryset(request)
        on_roster = Enrollment.objects.filter(course=models.OuterRef("pk"))
        return rows.annotate(places=counted(on_roster, by="course")).prefetch_related("teachings__teacher__user")

    @display(description=_("Students"), ordering="places")
    def size(self, course: Any) -> int:
        return int(course.places)

    @display(description=_("Teachers"))
    def taught_by(self, course: Course) -> str:
        return ", ".join(teaching.teacher.user.name for teaching in course.teachings.all())
