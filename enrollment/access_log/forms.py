"""Filter of the access log."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.days import DayField, DaysForm
from enrollment.access import IN_WORDS


class LogFilterForm(DaysForm):
    """Student, person, act and period. Everything may be empty."""

    days = ("first", "last")
    student = forms.CharField(label=_("Student"), max_length=120, required=False, help_text=_("Name or roll number"))
    person = forms.CharField(label=_("Seen or changed by"), max_length=120, required=False)
    act = forms.ChoiceField(label=_("Act"), choices=[("", _("Everything")), *IN_WORDS.items()], required=False)
    first = DayField(label=_("From"), required=False)
    last = DayField(label=_("Until"), required=False)
