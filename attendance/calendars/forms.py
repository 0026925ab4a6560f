"""Form for importing a calendar file."""

from django import forms
from django.utils.translation import gettext_lazy as _

from attendance.lessons.forms import FormOfRows
from enrollment.models import Course


class CalendarFileForm(FormOfRows):
    """A calendar file, and the course whose lessons are in it (none: days off of the whole school)."""

    file = forms.FileField(
        label=_("Calendar file"),
        allow_empty_file=True,
        widget=forms.ClearableFileInput(attrs={"accept": ".ics,text/calendar"}),
        help_text=_("A file that ends in .ics, from another calendar or from the education authority; 1 MB at most."),
    )
    course = forms.ModelChoiceField(
        label=_("Course"),
        queryset=Course.objects.none(),
        required=False,
        empty_label=_("No course: days off of the whole school"),
        help_text=_("With a course, events with a time become its lessons, and whole days its days off."),
    )
