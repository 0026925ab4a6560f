"""Admin for days off and substitutions."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.tenant_admin import TenantModelAdmin, TenantModelForm, school_of, user_of
from attendance.admin.timetable import CourseFilter
from attendance.lessons.substitutes import substitution_end
from attendance.models import DayOff, Substitution
from enrollment.models import Teaching


class SpanFilter(admin.SimpleListFilter):
    """Filter by whether a span of days is over."""

    title = _("when")
    parameter_name = "span"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("coming", _("Now and coming")), ("past", _("Over"))]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        today = timezone.localdate()
        wanted = {"coming": {"last_day__gte": today}, "past": {"last_day__lt": today}}
        return queryset.filter(**wanted.get(self.value() or "", {}))


@admin.register(DayOff)
class DayOffAdmin(TenantModelAdmin):
    """Holidays and days off: of the school, or of one course. Lessons on them are cancelled with the name as reason."""

    list_display = ["name", "first_day", "last_day", "whose"]
    list_filter = [SpanFilter, CourseFilter]
    list_select_related = ["course"]
    search_fields = ["name"]
    search_help_text = _("The name")
    empty_hint = _("Add the school's holidays: no lesson is expected on these days.")
    ordering = ["-first_day"]
    fields = ["name", "first_day", "last_day", "course"]
    autocomplete_fields = ["course"]

    @display(description=_("Whose"), ordering="course__name_key")
    def whose(self, day_off: DayOff) -> str:
        return day_off.course.name if day_off.course else gettext("the whole school")


class SubstitutionForm(TenantModelForm):
    """A course, its substitute, the first and the last day."""

    class Meta:
        model = Substitution
        fields = ["course", "teacher", "first_day", "last_day"]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        course, teacher = cleaned.get("course"), cleaned.get("teacher")
        if course and teacher and Teaching.objects.filter(course=course, teacher=teacher).exists():
            self.add_error("teacher", forms.ValidationError(_("They teach this course anyway.")))
        return cleaned


@admin.register(Substitution)
class SubstitutionAdmin(TenantModelAdmin):
    """Substitutions. They are ended, never deleted: they record who could see a register at which time."""

    form = SubstitutionForm
    may_change = False
    may_delete = False
    list_display = ["teacher", "course", "what", "giver", "ended_at"]
    list_filter = [SpanFilter, CourseFilter]
    list_select_related = ["teacher__user", "course", "session", "given_by"]
    search_fields = ["teacher__user__name_key", "course__name_key"]
    search_help_text = _("The substitute's or the course's name")
    empty_hint = _("Teachers arrange substitutes on a course's page.")
    ordering = ["-given_at"]
    fields = ["course", "teacher", "first_day", "last_day"]
    autocomplete_fields = ["course"]
    actions = ["take_back"]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.given_by = user_of(request)
        super().save_model(request, obj, form, change)

    @admin.action(description=_("Take back"))
    def take_back(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> None:
        for given in queryset.filter(institution=school_of(request)).select_related("institution"):
            substitution_end(substitution=given)

    @display(description=_("What"))
    def what(self, given: Substitution) -> str:
        if given.session:
            return gettext("the lesson of %s") % date_format(given.session.local_date, "D j M Y")
        return " – ".join(date_format(day, "j M Y") for day in (given.first_day, given.last_day) if day)

    @display(description=_("Given by"), ordering="given_by__name")
    def giver(self, given: Substitution) -> str:
        return str(given.given_by or "")
