"""What a request may contain, checked before a service is called."""

from django import forms
from django.core.files.uploadedfile import UploadedFile

from attendance.statuses import Status
from enrollment.models import Course


class PictureForm(forms.Form):
    """A picture and the number that makes sending it twice harmless. What is in the picture is checked by the service."""

    picture = forms.FileField(allow_empty_file=True)
    nonce = forms.UUIDField()

    def upload(self) -> UploadedFile:
        """The uploaded file, after `is_valid()`."""
        file: UploadedFile = self.cleaned_data["picture"]
        return file


class MarkForm(forms.Form):
    """A status for a student, and the version of the mark that the person saw."""

    status = forms.ChoiceField(choices=[(status.value, status.value) for status in Status if status is not Status.NONE])
    version = forms.IntegerField(min_value=0)


class UndoForm(forms.Form):
    """The version of the mark to take back."""

    version = forms.IntegerField(min_value=1)


class DecideForm(forms.Form):
    """Who a face is; empty for nobody on this register."""

    student = forms.UUIDField(required=False)


class AdhocForm(forms.Form):
    """The course of a lesson that is not in the timetable."""

    course = forms.ModelChoiceField(queryset=Course.objects.none())

    def __init__(self, *args: object, courses: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["course"].queryset = courses  # type: ignore[attr-defined]
