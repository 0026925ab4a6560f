"""The school's settings, with the face engine's knowledge of its bars."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from accounts.admin import InstitutionAdmin
from accounts.models import Institution
from enrollment.faces import faces_for

admin.site.unregister(Institution)


@admin.register(Institution)
class SchoolAdmin(InstitutionAdmin):
    """Bars mean nothing without the model that they were set for: it is written down beside them."""

    def save_model(self, request: HttpRequest, obj: Institution, form: Any, change: bool) -> None:
        if {"bar_mark", "bar_ask"} & set(form.changed_data):
            own_bars = obj.bar_mark is not None or obj.bar_ask is not None
            obj.bars_model = faces_for(obj).calibration.model if own_bars else ""
        super().save_model(request, obj, form, change)
