"""Forms of years, groups and rooms. Each is given the school whose rows may be chosen."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.days import DayField, DaysForm
from accounts.models import Institution, Membership, Role
from accounts.names import NameFormField
from enrollment.domain.spans import Span, faults
from enrollment.models import Course, Group, SchoolYear, Student
from enrollment.structure.years import TermInput, fault_sentence

MOST_TERMS = 6


class YearForm(DaysForm):
    """A school year's name and days."""

    days = ("starts_on", "ends_on")
    name = NameFormField(label=_("Name"), max_length=40, help_text=_("Such as 2026/27."))
    starts_on = DayField(label=_("First day"))
    ends_on = DayField(label=_("Last day"))


class TermForm(forms.Form):
    """One term of a year; an empty row is none, and a stored term whose name was emptied is deleted."""

    id = forms.UUIDField(required=False, widget=forms.HiddenInput)
    name = NameFormField(label=_("Term"), max_length=40, required=False)
    starts_on = DayField(label=_("First day"), required=False)
    ends_on = DayField(label=_("Last day"), required=False)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        days = [name for name in ("starts_on", "ends_on") if not cleaned.get(name)]
        is_new_without_name = len(days) < 2 and not cleaned.get("id")
        lacking = days if cleaned.get("name") else ["name"] * is_new_without_name
        for name in lacking:
            if name not in self.errors:
                self.add_error(name, self.fields[name].error_messages["required"])
        return cleaned


class BaseTermFormSet(forms.BaseFormSet):
    """The terms of a year. A row that is emptied is deleted; `check_within` looks at them all together."""

    def terms(self) -> list[TermInput]:
        """The terms that were typed, after `is_valid()`."""
        rows = [form.cleaned_data for form in self.forms if form.cleaned_data.get("name")]
        return [TermInput(row["name"], row["starts_on"], row["ends_on"], row["id"]) for row in rows]

    def check_within(self, year: dict[str, Any]) -> bool:
        """Put the faults of the terms beside their rows; returns True if there is none."""
        typed = [form for form in self.forms if form.cleaned_data.get("name")]
        spans = [Span(term.name, term.starts_on, term.ends_on) for term in self.terms()]
        found = faults(Span(year["name"], year["starts_on"], year["ends_on"]), spans)
        for place, fault in found.items():
            typed[place].add_error("name" if fault == "twice" else "starts_on", fault_sentence(fault))
        return not found


TermFormSet: type[BaseTermFormSet] = forms.formset_factory(  # type: ignore[assignment]
    TermForm, formset=BaseTermFormSet, extra=0, min_num=4, max_num=MOST_TERMS, validate_max=True
)


class RowsForm(forms.Form):
    """A form whose choices are rows of one school."""

    def __init__(self, *args: Any, institution: Institution, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.institution = institution

    def choose(self, name: str, rows: Any) -> None:
        """Let these rows be chosen in a field."""
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = rows


class MemberChoice(forms.ModelChoiceField):
    """A member of staff, by their name."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"queryset": Membership.objects.none(), "required": False, **kwargs})

    def label_from_instance(self, obj: Any) -> str:
        return str(obj.user.name)


def staff_of(institution: Institution) -> Any:
    """The members who can teach a course or look after a group, by name."""
    members = Membership.objects.for_institution(institution).filter(role__in=[Role.TEACHER, Role.ADMIN])
    return members.select_related("user").order_by("user__name_key")


class GroupForm(RowsForm):
    """A group's name, year, level and tutor."""

    name = NameFormField(label=_("Name"), max_length=40, help_text=_("Such as 8a."))
    year = forms.ModelChoiceField(
        label=_("School year"), queryset=SchoolYear.objects.none(), required=False, empty_label=_("No year")
    )
    grade = NameFormField(label=_("Year level"), max_length=20, required=False, help_text=_("Such as 8 or Year 8."))
    tutor = MemberChoice(label=_("Tutor"), empty_label=_("Nobody"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("year", SchoolYear.objects.for_institution(self.institution))
        self.choose("tutor", staff_of(self.institution))


class JoinForm(RowsForm):
    """Students to put into a group: ticked, or by roll numbers pasted from a list."""

    student = forms.ModelMultipleChoiceField(queryset=Student.objects.none(), required=False)
    numbers = forms.CharField(
        label=_("Roll numbers"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("One a line, or separated by commas: copy the column from a spreadsheet."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("student", Student.objects.for_institution(self.institution).filter(is_active=True))


class CourseOfGroupForm(RowsForm):
    """A course in which a group is taught."""

    course = forms.ModelChoiceField(label=_("Course"), queryset=Course.objects.none(), empty_label=_("Choose…"))

    def __init__(self, *args: Any, group: Group, **kwargs: Any) -> None:
        super().__init__(*args, institution=group.institution, **kwargs)
        courses = Course.objects.for_institution(self.institution).filter(is_active=True)
        self.choose("course", courses.exclude(course_groups__group=group))


class RoomsForm(forms.Form):
    """Names of rooms, one a line."""

    names = forms.CharField(
        label=_("Rooms to add"),
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("One a line, such as 12 or Lab 2."),
    )
    building = NameFormField(label=_("Building"), max_length=80, required=False)


class YearChangeForm(RowsForm):
    """The year that ends and the one that begins."""

    source = forms.ModelChoiceField(label=_("From"), queryset=SchoolYear.objects.none(), empty_label=_("Choose…"))
    target = forms.ModelChoiceField(label=_("To"), queryset=SchoolYear.objects.none(), empty_label=_("Choose…"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("source", "target"):
            self.choose(name, SchoolYear.objects.for_institution(self.institution))
