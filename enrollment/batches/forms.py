"""Forms of the pages of photos."""

from typing import Any, cast
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models import Institution
from enrollment.batches.directory import directory_of
from enrollment.batches.links import LIFETIMES
from enrollment.models import Group, Student


def lifetimes() -> list[tuple[int, str]]:
    """Lifetimes of a link to choose from, in the language of the request."""
    return [(days, ngettext("%d day", "%d days", days) % days) for days in LIFETIMES]


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


class LinkForm(StudentForm):
    """A personal link: for whom, for how long, and whether a living face is asked for."""

    days = forms.TypedChoiceField(label=_("Valid for"), choices=lifetimes, coerce=int, initial=14)
    with_liveness = forms.BooleanField(
        label=_("First check that a living person, not a photo, is in front of the camera"), required=False
    )


class GroupLinksForm(forms.Form):
    """Personal links for a whole group. nonce: of the page, so that a double click is one job."""

    group = forms.ModelChoiceField(Group.objects.none(), label=_("Group"), empty_label=_("Choose a group"))
    days = forms.TypedChoiceField(label=_("Valid for"), choices=lifetimes, coerce=int, initial=14)
    with_liveness = forms.BooleanField(
        label=_("First check that a living person, not a photo, is in front of the camera"), required=False
    )
    nonce = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    def __init__(self, institution: Institution, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.auto_id = "id_group_%s"  # beside the other form on its page
        groups = Group.objects.for_institution(institution).filter(is_active=True)
        cast(forms.ModelChoiceField, self.fields["group"]).queryset = groups.order_by("name_key", "pk")


class PictureForm(forms.Form):
    """One photo. Its contents are checked where it is read."""

    picture = forms.FileField(label=_("Photo"), allow_empty_file=True)
