"""Form of the choices above a report: a term or year, and an order."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from attendance.models import StudentNote
from attendance.rates.periods import Period

ORDERS = [("", _("by name")), ("rate", _("lowest rate first")), ("absence", _("last absence first"))]


class ShownForm(forms.Form):
    """The choices above a matrix. Unknown values fall back to the newest term, by name."""

    period = forms.ChoiceField(label=_("Term"), required=False)
    order = forms.ChoiceField(label=_("Order"), required=False, choices=ORDERS)

    def __init__(self, *args: Any, periods: Sequence[Period], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["period"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(period.key, period.name) for period in periods]


class NoteForm(forms.ModelForm):
    """A note of staff on a student, with its audience."""

    class Meta:
        model = StudentNote
        fields = ("text", "audience")
        widgets: ClassVar = {"text": forms.Textarea(attrs={"rows": 3})}
