"""Form of a note of staff."""

from typing import ClassVar

from django import forms

from attendance.models import StudentNote


class NoteForm(forms.ModelForm):
    """A note of staff on a student, with its audience."""

    class Meta:
        model = StudentNote
        fields = ("text", "audience")
        widgets: ClassVar = {"text": forms.Textarea(attrs={"rows": 3})}
