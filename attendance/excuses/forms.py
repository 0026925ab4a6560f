"""Forms for excuses: one to give, one to decide."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.days import DayField
from accounts.models import Institution
from attendance.excuses.documents import DOCUMENT_CHOOSER, Document, read_document
from attendance.excuses.giving import Reason
from attendance.lessons.clock import ClockField
from attendance.models import ClassSession, Excuse
from attendance.models.statements import LONGEST_NOTE
from enrollment.errors import PictureError

FARTHEST = timedelta(days=366)  # a day beyond this, before or after, is a typing error


class DocumentField(forms.FileField):
    """A picture or PDF, read when the form is validated: its value is a Document or None."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.ClearableFileInput(attrs={"accept": DOCUMENT_CHOOSER})
        super().__init__(**{"widget": widget, "required": False, "allow_empty_file": True, **kwargs})

    def clean(self, data: Any, initial: Any = None) -> Document | None:
        upload = super().clean(data, initial)
        if not upload:
            return None
        try:
            return read_document(upload, str(upload.name))
        except PictureError as error:
            raise forms.ValidationError(str(error), code=error.code) from error


def note_field(**kwargs: Any) -> forms.CharField:
    """Field for a few sentences."""
    return forms.CharField(max_length=LONGEST_NOTE, widget=forms.Textarea(attrs={"rows": 3}), **kwargs)


class ExcuseForm(forms.Form):
    """Days, hours if not the whole day, the reason, a note and a document. lesson: the one meant; it has no days."""

    kind = forms.ChoiceField(label=_("Reason"), choices=[("", _("Choose…")), *Excuse.Kind.choices])
    first_day = DayField(label=_("First day"))
    last_day = DayField(label=_("Last day"), required=False, help_text=_("Leave empty for one day."))
    begins = ClockField(label=_("From"), required=False)
    ends = ClockField(label=_("Until"), required=False, help_text=_("Leave both empty for the whole day."))
    note = note_field(label=_("Note"), required=False, help_text=_("The form tutor and the school office can read it."))
    document = DocumentField(
        label=_("Document"),
        help_text=_("A photo or a PDF, such as a letter from the doctor. Deleted three months after the decision."),
    )

    def __init__(self, *args: Any, institution: Institution, lesson: ClassSession | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = timezone.localdate(timezone.now(), institution.zone)
        self.lesson = lesson
        if lesson:
            for name in ("first_day", "last_day", "begins", "ends"):
                del self.fields[name]

    def clean_first_day(self) -> Any:
        return self._near("first_day")

    def clean_last_day(self) -> Any:
        return self._near("last_day")

    def _near(self, name: str) -> Any:
        day = self.cleaned_data[name]
        if day and abs(day - self.today) > FARTHEST:
            raise forms.ValidationError(_("This day is more than a year away. Please check the year."))
        return day

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        first, last = data.get("first_day"), data.get("last_day")
        if first and last and last < first:
            self.add_error("last_day", _("The last day is before the first."))
        if data.get("begins") and data.get("ends") and data["ends"] <= data["begins"]:
            self.add_error("ends", _("This is before the beginning."))
        return data

    def reason(self) -> Reason:
        """The reason as entered, after `is_valid()`."""
        data = self.cleaned_data
        first = self.lesson.local_date if self.lesson else data["first_day"]
        return Reason(
            kind=Excuse.Kind(data["kind"]),
            first_day=first,
            last_day=data.get("last_day") or first,
            begins=data.get("begins"),
            ends=data.get("ends"),
            session=self.lesson,
            note=data["note"],
            document=data["document"],
        )


class DecisionForm(forms.Form):
    """A verb, and a reason for the verbs that need one."""

    verb = forms.CharField(max_length=10)
    answer = forms.CharField(max_length=200, required=False)
    version = forms.IntegerField(min_value=0, max_value=2**31 - 1, required=False)
