"""Form for beginning a lesson outside the timetable."""

from django import forms

from attendance.lessons.forms import FormOfRows
from enrollment.models import Course


class AdhocForm(FormOfRows):
    """The course of a lesson that is not in the timetable."""

    course = forms.ModelChoiceField(queryset=Course.objects.none())
