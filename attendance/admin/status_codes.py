"""Admin for status codes."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts.tenant_admin import TenantModelAdmin
from attendance.models import StatusCode


@admin.register(StatusCode)
class StatusCodeAdmin(TenantModelAdmin):
    """A school's own status codes. Once there are marks with one it keeps its letters and kind, and is not deleted."""

    list_display = ["code", "label", "kind", "counts_as_attended", "colour_shown", "position", "is_active"]
    list_filter = ["kind", "is_active"]
    search_fields = ["code", "label"]
    search_help_text = _("The code or the label")
    empty_hint = _("Present, late, absent and excused always exist. Add codes here if your school uses more.")
    ordering = ["position", "code"]
    fields = ["code", "label", "kind", "counts_as_attended", "is_counted", "colour", "position", "is_active"]
    exists_already = _("The school has this code already.")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["code", "kind"] if obj and obj.has_marks else []

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and not (obj and obj.has_marks)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        names, counts, lacking, protected = super().get_deleted_objects(objs, request)
        if any(obj.has_marks for obj in objs):
            lacking = {*lacking, _("codes that marks have: take them out of use instead")}
        return names, counts, lacking, protected

    @display(description=_("Colour"), ordering="colour")
    def colour_shown(self, code: StatusCode) -> str:
        return str(code.get_colour_display())
