"""Form of a roster: boxes of all students, and roll numbers from a spreadsheet's column."""

import re
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Institution
from enrollment.models import Student

_BETWEEN = re.compile(r"[\s,;]+")
_NAMED = 5  # roll numbers that an error lists


class Ids(forms.TypedMultipleChoiceField):
    """Any ids: the form asks of all of them at once whether they are the school's."""

    def valid_value(self, value: object) -> bool:
        return True


class RosterForm(forms.Form):
    """The students who are chosen, who were when the page was shown, and roll numbers to add."""

    students = Ids(required=False, coerce=UUID)
    was = Ids(required=False, coerce=UUID)
    roll_numbers = forms.CharField(
        label=gettext_lazy("Add by roll number"),
        required=False,
        max_length=40_000,
        widget=forms.Textarea(attrs={"rows": 3, "class": "form-control", "spellcheck": "false"}),
        help_text=gettext_lazy("Paste a column of a spreadsheet: one number a line, or with commas between them."),
    )

    def __init__(self, *args: Any, institution: Institution, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.institution = institution

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        ids = {*cleaned.get("students", ()), *cleaned.get("was", ())}
        if Student.objects.for_institution(self.institution).filter(pk__in=ids).count() < len(ids):
            self.add_error(None, _("A student in this list is no longer on record. Reload the page."))
        return cleaned

    def clean_roll_numbers(self) -> list[UUID]:
        """Ids of the students with these roll numbers. An unknown number is named, and nothing is saved."""
        wanted = list(dict.fromkeys(filter(None, _BETWEEN.split(self.cleaned_data["roll_numbers"]))))
        rows = Student.objects.for_institution(self.institution).filter(roll_number__in=wanted, is_active=True)
        found = dict(rows.values_list("roll_number", "pk"))
        unknown = [number for number in wanted if number not in found]
        if unknown:
            named = ", ".join(unknown[:_NAMED]) + (" …" if len(unknown) > _NAMED else "")
            raise forms.ValidationError(_("No student here has the roll number %s. Please check it.") % named)
        return list(found.values())

    @property
    def added(self) -> set[UUID]:
        """Students to put onto the roster."""
        chosen = set(self.cleaned_data["students"]) - set(self.cleaned_data["was"])
        return chosen | set(self.cleaned_data["roll_numbers"])

    @property
    def removed(self) -> set[UUID]:
        """Students to take off the roster: those whose box was cleared."""
        gone = set(self.cleaned_data["was"]) - set(self.cleaned_data["students"])
        return gone - set(self.cleaned_data["roll_numbers"])
