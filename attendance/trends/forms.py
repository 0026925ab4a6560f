"""Form of the part of a school that the trends are asked of."""

from typing import Any

from django import forms

from accounts.models import Institution
from attendance.trends.figures import Part
from enrollment.models import Course, Group


class PartForm(forms.Form):
    """A year group by its name, or a course or form group that exists now; none of them: the whole school."""

    group = forms.CharField(required=False)
    course = forms.ModelChoiceField(Course.objects.none(), required=False)
    form = forms.ModelChoiceField(Group.objects.none(), required=False)

    def __init__(self, *args: Any, institution: Institution, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, rows in (("course", Course.objects), ("form", Group.objects)):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = rows.for_institution(institution).filter(is_active=True)

    def part(self) -> Part:
        """The part that was asked for. To be called on a valid form."""
        course, form = self.cleaned_data["course"], self.cleaned_data["form"]
        if course:
            return Part(course=course.pk)
        return Part(form_group=form.pk) if form else Part(year_group=self.cleaned_data["group"])

    @property
    def name(self) -> str:
        """The course's or form group's name; empty for the school and a year group of it."""
        one = self.cleaned_data["course"] or self.cleaned_data["form"]
        return one.name if one else ""
