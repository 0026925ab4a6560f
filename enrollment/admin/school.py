"""Admin of the school's settings, with thresholds validated by the face engine."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.admin import InstitutionAdmin
from accounts.face_law import is_advised_against
from accounts.models import Institution
from accounts.zones import TimeZoneField
from enrollment.domain.faces import Calibration, FaceError
from enrollment.faces.door import door_for
from enrollment.services.naming import students_rename

admin.site.unregister(Institution)
THRESHOLDS = ("accept_threshold", "review_threshold")


class SchoolForm(forms.ModelForm):
    """Form of the school. Thresholds are in the engine's own unit: a cosine used as a per cent would mark everyone."""

    time_zone = TimeZoneField(
        label=gettext_lazy("time zone"),
        widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy("A city such as London, or a name such as Europe/London."),
    )
    calibration: Calibration | None = None  # of the engine, if the school's own thresholds were posted

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        decides = {"law", "faces_enabled"} & set(self.changed_data)
        if decides and data.get("faces_enabled") and is_advised_against(data.get("law", "")):
            self.add_error("faces_enabled", _("Here this is decided in the portal, under Manage and Face recognition."))
        stated = [name for name in THRESHOLDS if data.get(name) is not None]
        if not set(THRESHOLDS) & set(self.changed_data) or not stated:
            return data
        try:
            self.calibration = door_for(self.instance).calibration
        except FaceError as error:
            raise ValidationError(
                _("The face engine cannot be reached, so the thresholds cannot be checked. Change them later."),
                error.code,
            ) from error
        for name in stated:
            if not self.calibration.least <= data[name] <= self.calibration.most:
                self.add_error(name, _bounds(self.calibration))
        return data


def _bounds(calibration: Calibration) -> str:
    return _(
        "A threshold of this engine lies between %(least)s and %(most)s; as measured they are %(mark)s and %(ask)s."
    ) % {
        "least": number_format(calibration.least),
        "most": number_format(calibration.most),
        "mark": number_format(calibration.accept_threshold),
        "ask": number_format(calibration.review_threshold),
    }


@admin.register(Institution)
class SchoolAdmin(InstitutionAdmin):
    """Admin of the school. The model for which thresholds were set is stored beside them."""

    form = SchoolForm

    def save_model(self, request: HttpRequest, obj: Institution, form: Any, change: bool) -> None:
        if set(THRESHOLDS) & set(form.changed_data):
            obj.thresholds_model = form.calibration.model if form.calibration else ""
        super().save_model(request, obj, form, change)
        if "name_order" in form.changed_data:
            renamed = students_rename(institution=obj)
            text = ngettext("%d student's name changed.", "%d students' names changed.", renamed)
            messages.info(request, text % renamed)
