"""The timetable and single lessons."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.tenant_admin import OwnRowsFilter, TenantInline, TenantModelAdmin, TenantModelForm
from attendance.models import ClassSession, TimetableSlot
from enrollment.admin import CourseAdmin
from enrollment.models import Course

admin.site.unregister(Course)


class SlotInline(TenantInline):
    """The course's weekly lessons."""

    model = TimetableSlot
    verbose_name_plural = _("weekly lessons")
    fields = ["weekday", "starts", "ends", "room", "first_day", "last_day"]
    exists_already = _("The course has a lesson at this time already.")


@admin.register(Course)
class CourseWithTimetableAdmin(CourseAdmin):
    """A course's page, with its weekly lessons."""

    inlines = [SlotInline, *CourseAdmin.inlines]
    deletes_with: ClassVar[tuple[type[models.Model], ...]] = (*CourseAdmin.deletes_with, TimetableSlot)


class CourseFilter(OwnRowsFilter):
    """Lessons by their course."""

    title = _("course")
    parameter_name = "course"
    lookup = "course"

    @staticmethod
    def rows(institution: Any) -> models.QuerySet[Any]:
        return Course.objects.for_institution(institution)


@admin.register(TimetableSlot)
class TimetableSlotAdmin(TenantModelAdmin):
    """Weekly lessons of all courses."""

    list_display = ["course", "weekday", "starts", "ends", "room", "first_day", "last_day"]
    list_filter = ["weekday", CourseFilter]
    list_select_related = ["course"]
    search_fields = ["course__name", "course__code"]
    search_help_text = _("The course's name or code")
    fields = ["course", "weekday", "starts", "ends", "room", "first_day", "last_day"]
    autocomplete_fields = ["course"]
    exists_already = _("The course has a lesson at this time already.")


class LessonForm(TenantModelForm):
    """A lesson outside the timetable."""

    class Meta:
        model = ClassSession
        fields = ["course", "starts_at", "ends_at", "room"]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        starts, ends = cleaned.get("starts_at"), cleaned.get("ends_at")
        if starts and ends and ends <= starts:
            self.add_error("ends_at", forms.ValidationError(_("The lesson must end after it begins.")))
        return cleaned


class WhenFilter(admin.SimpleListFilter):
    """Lessons by day, as the school counts days."""

    title = _("day")
    parameter_name = "when"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("today", _("Today")), ("coming", _("Coming")), ("past", _("Past"))]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        today = timezone.localdate()
        wanted = {
            "today": {"local_date": today},
            "coming": {"local_date__gt": today},
            "past": {"local_date__lt": today},
        }
        return queryset.filter(**wanted.get(self.value() or "", {}))


@admin.register(ClassSession)
class ClassSessionAdmin(TenantModelAdmin):
    """Lessons. Those of the timetable follow it; others are added, moved and cancelled here until they are opened."""

    form = LessonForm
    list_display = ["course", "starts_at", "ends_at", "room", "state_label", "from_timetable"]
    list_filter = [WhenFilter, "state", CourseFilter]
    list_select_related = ["course"]
    search_fields = ["course__name", "course__code"]
    search_help_text = _("The course's name or code")
    ordering = ["-starts_at"]
    fields = ["course", "starts_at", "ends_at", "room"]
    autocomplete_fields = ["course"]

    @display(
        description=_("State"),
        ordering="state",
        label={ClassSession.State.OPEN.label: "warning", ClassSession.State.CLOSED.label: "success"},
    )
    def state_label(self, lesson: ClassSession) -> str:
        return str(lesson.get_state_display())

    @display(description=_("Planned"))
    def from_timetable(self, lesson: ClassSession) -> str:
        return gettext("by the timetable") if lesson.slot_id else gettext("by hand")

    def _is_free(self, obj: Any) -> bool:
        return obj is None or (obj.slot_id is None and obj.state == ClassSession.State.SCHEDULED)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and self._is_free(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and self._is_free(obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        names, counts, lacking, protected = super().get_deleted_objects(objs, request)
        if not all(self._is_free(obj) for obj in objs):
            lacking = {*lacking, _("lessons of the timetable, or already opened")}
        return names, counts, lacking, protected
