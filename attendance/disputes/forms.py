"""Form for a dispute."""

from django import forms
from django.utils.translation import gettext_lazy as _

from attendance.excuses.forms import DocumentField, note_field


class DisputeForm(forms.Form):
    """A student's words on a wrong mark, with a document if there is one."""

    note = note_field(
        label=_("What is wrong?"), help_text=_("For example: I was there, in the back row. Your teacher reads it.")
    )
    document = DocumentField(
        label=_("Document"), help_text=_("A photo or a PDF, if you have one. Deleted three months after the decision.")
    )
