"""Form for beginning a lesson outside the timetable."""

from typing import Any

from django import forms
from django.db.models import QuerySet

from enrollment.models import Course


class AdhocForm(forms.Form):
    """The course of a lesson that is not in the timetable."""

    course = forms.ModelChoiceField(queryset=Course.objects.none())

    def __init__(self, *args: Any, courses: QuerySet[Course], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["course"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = courses
