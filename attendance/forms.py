"""What a request may contain, checked before a service is called."""

from typing import Any, BinaryIO

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from attendance.statuses import SETTABLE
from enrollment.models import Course


class PictureForm(forms.Form):
    """A picture, which the service looks into, and the number that makes sending it twice harmless."""

    picture = forms.FileField(allow_empty_file=True)
    nonce = forms.UUIDField()

    def upload(self) -> BinaryIO:
        """The uploaded file, after `is_valid()`."""
        file: BinaryIO = self.cleaned_data["picture"]
        return file


class MarkForm(forms.Form):
    """A status for a student, and the version of the mark that the person saw."""

    status = forms.ChoiceField(choices=[(status.value, status.value) for status in SETTABLE])
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

    def __init__(self, *args: Any, courses: QuerySet[Course], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["course"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = courses


class CodeForm(forms.Form):
    """The code on the projector, as it was typed: grouped or not, in any script's digits."""

    code = forms.CharField(
        label=_("Code on the screen"),
        max_length=20,
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "class": "code-input", "autofocus": True}
        ),
    )
