"""Forms of the pages of photos."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Institution
from enrollment.batches.directory import directory_of
from enrollment.models import Student


class StudentForm(forms.Form):
    """One student of the school, called by roll number, by name, or by both."""

    student = forms.CharField(label=_("Name or roll number"), max_length=200)

    def __init__(self, institution: Institution, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.institution = institution

    def clean_student(self) -> Student:
        match = directory_of(self.institution).find(self.cleaned_data["student"])
        if match.student is None:
            sentence = {
                "several": _("Several students match. Use the roll number."),
                "nearly": _("No student matches exactly. Use the roll number."),
            }
            raise forms.ValidationError(sentence.get(match.reason, _("No student matches.")))
        return Student.objects.for_institution(self.institution).select_related("institution").get(pk=match.student)


class PictureForm(forms.Form):
    """One photo. Its contents are checked where it is read."""

    picture = forms.FileField(label=_("Photo"), allow_empty_file=True)
