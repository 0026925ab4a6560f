"""A form field for a time of the wall clock, typed as people write it: 9.30, 930, 9:30, 9h30."""

from datetime import time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from attendance.domain.hours import clock_time


class ClockField(forms.TimeField):
    """A time of day to the minute; `input_formats` are not asked where the text is such a time."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TimeInput(attrs={"placeholder": "9.30", "inputmode": "decimal"}, format="%H:%M")
        super().__init__(**{"widget": widget, **kwargs})

    def prepare_value(self, value: Any) -> Any:
        """Without seconds, as it is typed."""
        return f"{value:%H:%M}" if isinstance(value, time) else value

    def to_python(self, value: Any) -> time | None:
        if value in self.empty_values or isinstance(value, time):
            return super().to_python(value)
        typed = clock_time(str(value))
        if typed is not None:
            return typed
        try:
            return super().to_python(value)
        except ValidationError as error:
            raise ValidationError(_("Type a time such as 9.30 or 14:05."), code="invalid") from error
