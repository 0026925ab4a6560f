"""Forms of the pages of lessons, substitutes and calendars."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.days import DayField, DaysForm
from accounts.models import Membership
from accounts.names import NameFormField
from attendance.domain.hours import LONGEST_LESSON, length_of
from attendance.lessons.changes import When

FARTHEST = timedelta(days=731)  # a day beyond this is a typing error


class _Day(DayField):
    """A day at most two years away."""

    def validate(self, value: Any) -> None:
        super().validate(value)
        if isinstance(value, date) and abs(value - timezone.localdate()) > FARTHEST:
            raise forms.ValidationError(_("This day is more than two years away. Look at the year."))


class _Time(forms.TimeField):
    """A time of the school's wall clock."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"), **kwargs)


class _Teacher(forms.ModelChoiceField):
    """A member of staff, by their name."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=Membership.objects.none(), empty_label=_("Choose…"), **kwargs)

    def label_from_instance(self, obj: Any) -> str:
        return str(obj.user.name)


class FormOfRows(forms.Form):
    """A form whose choices are given to it. rows: by the name of a field, what may be chosen in it."""

    def __init__(self, *args: Any, rows: Mapping[str, QuerySet[Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, queryset in rows.items():
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = queryset


class CancelForm(forms.Form):
    """Reason for cancelling a lesson."""

    reason = forms.CharField(
        label=_("Reason"), max_length=200, required=False, help_text=_("Colleagues read it beside the lesson.")
    )


class LessonForm(forms.Form):
    """Time and place of a lesson, and the reason for them."""

    day = _Day(label=_("Day"))
    starts = _Time(label=_("Begins"))
    ends = _Time(label=_("Ends"))
    room = NameFormField(label=_("Room"), max_length=40, required=False)
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        starts, ends = cleaned.get("starts"), cleaned.get("ends")
        if starts and ends and length_of(starts, ends) > LONGEST_LESSON:
            self.add_error("ends", _("The lesson must end after it begins, within twelve hours."))
        return cleaned

    @property
    def when(self) -> When:
        """Time and place as typed, after `is_valid()`."""
        return When(*(self.cleaned_data[name] for name in ("day", "starts", "ends", "room")))


class GiveForm(FormOfRows):
    """Substitute for a lesson."""

    teacher = _Teacher(label=_("Substitute"))


class GiveCourseForm(DaysForm, GiveForm):
    """Substitute for a course, with the first and the last day."""

    first_day = _Day(label=_("From"))
    last_day = _Day(label=_("Until"))
