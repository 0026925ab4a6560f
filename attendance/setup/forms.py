"""Forms of the set-up: the decision on face recognition, holidays, a new course."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.days import DayField, DaysForm
from accounts.face_law import BARRED_SENTENCE, is_advised_against, may_take_faces
from accounts.members.selectors import STAFF, invitations_waiting
from accounts.models import FaceLaw, Institution, Invitation
from accounts.names import NameFormField
from attendance.domain.hours import LONGEST_LESSON, length_of
from attendance.lessons.clock import ClockField
from attendance.models import Weekday
from attendance.setup.courses import Hour, TeacherInput
from enrollment.models import Group, SchoolYear
from enrollment.structure.forms import MemberChoice, RowsForm, staff_of


class FacesForm(forms.Form):
    """The rules of the school's place, and whether attendance is taken by face."""

    law = forms.ChoiceField(label=_("Where is the school?"), choices=FaceLaw.choices, required=False)
    enabled = forms.TypedChoiceField(
        label=_("Take attendance by face"),
        choices=[("no", _("Off: registers are taken by hand")), ("yes", _("On, for students with consent"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    is_assessed = forms.BooleanField(
        label=_("Our data protection officer agrees in writing."),
        required=False,
        help_text=_("Needed where the authorities advise against face recognition in schools, as in Sweden."),
    )

    def __init__(self, *args: Any, school: Institution, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {"law": school.law, "enabled": "yes" if school.faces_enabled else "no"}

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        law = cleaned.get("law", "")
        if cleaned.get("enabled") and not may_take_faces(law):
            self.add_error("enabled", BARRED_SENTENCE)
        elif cleaned.get("enabled") and is_advised_against(law) and not cleaned.get("is_assessed"):
            self.add_error("is_assessed", _("Please confirm that your data protection officer agrees."))
        return cleaned


class HolidayForm(DaysForm):
    """Days without lessons of the whole school."""

    name = NameFormField(label=_("Name"), max_length=120, help_text=_("Such as Spring holidays."))
    first_day = DayField(label=_("First day"))
    last_day = DayField(label=_("Last day"))


class CourseForm(RowsForm):
    """A new course, its groups, and its teacher: a member, somebody invited, or somebody to invite now."""

    name = NameFormField(label=_("Name"), max_length=120, help_text=_("Such as Physics 10B."))
    code = forms.CharField(
        label=_("Code"),
        max_length=40,
        required=False,
        help_text=_("Such as PHY-10B. Leave empty to make it from the name."),
    )
    year = forms.ModelChoiceField(
        label=_("School year"), queryset=SchoolYear.objects.none(), required=False, empty_label=_("No year")
    )
    room = NameFormField(
        label=_("Room"), max_length=40, required=False, widget=forms.TextInput(attrs={"list": "rooms"})
    )
    groups = forms.ModelMultipleChoiceField(
        label=_("Groups"), queryset=Group.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )
    teacher = MemberChoice(label=_("Teacher"), empty_label=_("Nobody yet"))
    invited = forms.ModelChoiceField(
        label=_("Or somebody who was invited"), queryset=Invitation.objects.none(), required=False, empty_label="–"
    )
    new_name = NameFormField(label=_("Or invite somebody now: name"), max_length=120, required=False)
    new_email = forms.EmailField(label=_("Their e-mail"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        school = self.institution
        self.choose("year", SchoolYear.objects.for_institution(school))
        groups = Group.objects.for_institution(school).filter(is_active=True)
        self.choose("groups", groups)
        self.choose("teacher", staff_of(school))
        waiting = invitations_waiting(school).filter(role__in=STAFF).order_by("name")
        self.choose("invited", waiting)
        if not waiting.exists():
            del self.fields["invited"]
        if not groups.exists():
            del self.fields["groups"]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if bool(cleaned.get("new_name")) != bool(cleaned.get("new_email")) and "new_email" not in self.errors:
            self.add_error("new_email", _("To invite somebody, give both their name and their e-mail."))
        if sum(bool(cleaned.get(name)) for name in ("teacher", "invited", "new_email")) > 1:
            self.add_error("teacher", _("Choose one teacher here. You can add others later in the office."))
        return cleaned

    @property
    def teacher_input(self) -> TeacherInput:
        """The teacher as chosen or typed, after `is_valid()`."""
        data = self.cleaned_data
        return TeacherInput(data["teacher"], data.get("invited"), data["new_name"], data["new_email"])


class HourForm(forms.Form):
    """One weekly lesson; an empty row is none."""

    weekday = forms.TypedChoiceField(label=_("Day"), choices=[("", "–"), *Weekday.choices], coerce=int)
    starts = ClockField(label=_("Begins"))
    ends = ClockField(label=_("Ends"))

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        starts, ends = cleaned.get("starts"), cleaned.get("ends")
        if starts and ends and length_of(starts, ends) > LONGEST_LESSON:
            self.add_error("ends", _("The lesson must end after it begins, within twelve hours."))
        return cleaned


class BaseHourFormSet(forms.BaseFormSet):
    """The weekly lessons of a course, each at an hour of its own."""

    def hours(self) -> list[Hour]:
        """The lessons that were typed, after `is_valid()`."""
        rows = [form.cleaned_data for form in self.forms if form.cleaned_data.get("starts")]
        return [Hour(row["weekday"], row["starts"], row["ends"]) for row in rows]

    def clean(self) -> None:
        seen = set()
        for form in self.forms:
            data = form.cleaned_data if form.is_valid() else {}
            key = (data.get("weekday"), data.get("starts"))
            if key[1] and key in seen:
                form.add_error("starts", _("Two lessons begin at this time."))
            seen.add(key)


HourFormSet: type[BaseHourFormSet] = forms.formset_factory(  # type: ignore[assignment]
    HourForm, formset=BaseHourFormSet, extra=5, max_num=20
)
