"""Admin for the timetable and single lessons."""

from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db import models
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.tenant_admin import OwnRowsFilter, TenantInline, TenantModelAdmin, TenantModelForm, user_of
from attendance.lessons.changes import lesson_cancel, lesson_restore, stands_on_day_off
from attendance.lessons.clashes import Clash, session_clashes, slot_clashes
from attendance.lessons.clock import ClockField
from attendance.lessons.errors import LessonBegun
from attendance.models import ClassSession, DayOff, TimetableSlot
from enrollment.admin import CourseAdmin
from enrollment.models import Course

admin.site.unregister(Course)


def _warn(request: HttpRequest, clashes: list[Clash]) -> None:
    """Say that a lesson was saved, but is double-booked."""
    for clash in clashes:
        messages.warning(request, str(clash))


# Times are typed as people write them: 9.30, 930.
CLOCK = {models.TimeField: {"form_class": ClockField, "widget": UnfoldAdminTextInputWidget}}


class SlotInline(TenantInline):
    """The course's weekly lessons."""

    model = TimetableSlot
    formfield_overrides = CLOCK
    verbose_name_plural = _("weekly lessons")
    fields = ["weekday", "starts", "ends", "room", "first_day", "last_day"]
    exists_already = _("The course has a lesson at this time already.")


@admin.register(Course)
class CourseWithTimetableAdmin(CourseAdmin):
    """A course's page, with its weekly lessons."""

    inlines = [SlotInline, *CourseAdmin.inlines]
    deletes_with: ClassVar[tuple[type[models.Model], ...]] = (*CourseAdmin.deletes_with, TimetableSlot, DayOff)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        super().save_formset(request, form, formset, change)
        if formset.model is TimetableSlot:
            for slot in [*formset.new_objects, *(slot for slot, _fields in formset.changed_objects)]:
                _warn(request, slot_clashes(slot))


class CourseFilter(OwnRowsFilter):
    """Filter of lessons by their course."""

    title = _("course")
    parameter_name = "course"
    lookup = "course"

    @staticmethod
    def rows(institution: Any) -> models.QuerySet[Any]:
        return Course.objects.for_institution(institution)


@admin.register(TimetableSlot)
class TimetableSlotAdmin(TenantModelAdmin):
    """Weekly lessons of all courses."""

    formfield_overrides = CLOCK

    list_display = ["course", "weekday", "starts", "ends", "room", "first_day", "last_day"]
    list_filter = ["weekday", CourseFilter]
    list_select_related = ["course"]
    search_fields = ["course__name_key", "course__code"]
    search_help_text = _("The course's name or code")
    empty_hint = _("Weekly lessons make the timetable. Add them here, on a course's page, or import a calendar.")
    fields = ["course", "weekday", "starts", "ends", "room", "first_day", "last_day"]
    autocomplete_fields = ["course"]
    exists_already = _("The course has a lesson at this time already.")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        _warn(request, slot_clashes(obj))


class LessonForm(TenantModelForm):
    """A lesson outside the timetable."""

    class Meta:
        model = ClassSession
        fields = ["course", "starts_at", "ends_at", "room", "reason"]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        starts, ends = cleaned.get("starts_at"), cleaned.get("ends_at")
        if starts and ends and ends <= starts:
            self.add_error("ends_at", forms.ValidationError(_("The lesson must end after it begins.")))
        return cleaned


class WhenFilter(admin.SimpleListFilter):
    """Filter of lessons by day, in the school's own calendar."""

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
    """Lessons. Those of the timetable follow it; others are added and changed here until they are opened.

    Both are cancelled and restored here, or on the lesson's own page, where it can be moved as well.
    """

    form = LessonForm
    list_display = ["course", "starts_at", "ends_at", "room", "state_label", "reason", "from_timetable", "its_page"]
    list_filter = [WhenFilter, "state", CourseFilter]
    list_select_related = ["course", "institution"]
    search_fields = ["course__name_key", "course__code"]
    search_help_text = _("The course's name or code")
    empty_hint = _("Lessons appear here once a register was opened or a lesson was changed.")
    ordering = ["-starts_at"]
    fields = ["course", "starts_at", "ends_at", "room", "reason"]
    autocomplete_fields = ["course"]
    actions = ["cancel_lessons", "restore_lessons"]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        day = timezone.localdate(obj.starts_at, obj.institution.zone)
        obj.changed_by, obj.changed_at = user_of(request), stands_on_day_off(obj.course, day)
        obj.own_reason = obj.reason
        super().save_model(request, obj, form, change)
        _warn(request, session_clashes(obj))

    @admin.action(description=_("Cancel these lessons"))
    def cancel_lessons(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> None:
        self._each(request, queryset, lambda lesson: lesson_cancel(session=lesson, reason="", by=user_of(request)))

    @admin.action(description=_("Bring these lessons back"))
    def restore_lessons(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> None:
        self._each(request, queryset, lambda lesson: lesson_restore(session=lesson, by=user_of(request)))

    def _each(self, request: HttpRequest, lessons: models.QuerySet[Any], act: Callable[[Any], Any]) -> None:
        """Act on each lesson, and report the number of lessons that refused."""
        kept = 0
        for lesson in lessons.select_related("institution"):
            try:
                act(lesson)
            except LessonBegun:
                kept += 1
        if kept:
            text = ngettext(
                "%d lesson was left as it is: its register was opened.",
                "%d lessons were left as they are: their registers were opened.",
                kept,
            )
            messages.warning(request, text % kept)

    @display(description=_("Change"))
    def its_page(self, lesson: ClassSession) -> str:
        """The page on which it is moved, or a substitute assigned."""
        address = reverse("lesson_plan", args=[lesson.institution.slug, lesson.pk])
        return format_html('<a href="{}">{}</a>', address, gettext("Move or give away"))

    @display(
        description=_("State"),
        ordering="state",
        label={
            ClassSession.State.SCHEDULED: "",
            ClassSession.State.OPEN: "warning",
            ClassSession.State.CLOSING: "",
            ClassSession.State.CLOSED: "success",
            ClassSession.State.CANCELLED: "danger",
        },
    )
    def state_label(self, lesson: ClassSession) -> tuple[str, str]:
        return lesson.state, str(lesson.get_state_display())

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
