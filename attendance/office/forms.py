"""Forms of the office's desk."""

from datetime import date, datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Institution
from accounts.names import NameFormField
from attendance.lessons.clock import ClockField
from attendance.models import Excuse
from enrollment.models import Student
from enrollment.selectors import students_called

MOST_FOUND = 12


class DeskForm(forms.Form):
    """A student by name or roll number, a time of today, and a reason.

    found: the students that the text may mean, where it is not one alone; `student` chooses among them.
    """

    who = forms.CharField(
        label=_("Student"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": _("Name or roll number"), "class": "f"}),
    )
    student = forms.ModelChoiceField(queryset=Student.objects.none(), required=False, widget=forms.HiddenInput())
    at = ClockField(label=_("Arrived"), required=False)
    reason = NameFormField(
        label=_("Reason"),
        max_length=150,
        required=False,
        help_text=_("The student can read this."),
        widget=forms.TextInput(attrs={"class": "f", "autocomplete": "off", "list": "reasons"}),
    )

    def __init__(self, *args: Any, institution: Institution, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.institution = institution
        self.found: list[Student] = []
        students = Student.objects.for_institution(institution).filter(is_active=True)
        self.fields["student"].queryset = students  # type: ignore[attr-defined]
        self.fields["at"].widget.attrs["class"] = "f"
        self.fields["reason"].widget.attrs["aria-describedby"] = f"{self.prefix}-is-read"
        self.fields["who"].widget.attrs |= {
            "role": "combobox",
            "aria-autocomplete": "list",
            "aria-expanded": "false",
            "aria-controls": f"{self.prefix}-found",
            "spellcheck": "false",
        }
        if self.is_bound:
            self.fields["who"].required = not self.data.get(self.add_prefix("student"))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("student") is None and data.get("who"):
            data["student"] = self._one(data["who"])
        return data

    def _one(self, text: str) -> Student | None:
        """The one student that a text means: an exact roll number wins over parts of names."""
        found = list(students_called(self.institution, text, most=MOST_FOUND))
        exact = [student for student in found if student.roll_number.casefold() == text.strip().casefold()]
        if len(exact) == 1:
            return exact[0]
        if len(found) == 1:
            return found[0]
        self.found = found
        sentence = _("Several students match. Choose one.") if found else _("No student matches. Check the spelling.")
        self.add_error("who", sentence)
        return None

    def moment(self, name: str) -> datetime | None:
        """A time field as an instant of today; None where it was left empty."""
        clock = self.cleaned_data.get(name)
        if clock is None:
            return None
        return datetime.combine(self.today, clock, self.institution.zone)

    @property
    def today(self) -> date:
        """The school's own day."""
        return timezone.localdate(timezone=self.institution.zone)


class LeavingForm(DeskForm):
    """The same for early leavers, with the time of coming back."""

    at = ClockField(label=_("Leaves"), required=False)
    until = ClockField(label=_("Back at"), required=False, help_text=_("Leave empty for the rest of the day."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["until"].widget.attrs["class"] = "f"


class ReasonForm(forms.Form):
    """The reason of an absence, as it was told."""

    kind = forms.ChoiceField(label=_("Reason"), choices=Excuse.Kind.choices)
    note = NameFormField(label=_("Note"), max_length=200, required=False)
