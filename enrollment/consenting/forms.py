"""Forms of consents: the school's wording, and answers from paper forms."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.days import DayField, DaysForm
from accounts.models import Institution
from accounts.names import cleaned, folded
from enrollment.consenting.wording import current_form, free_version, starter_text
from enrollment.domain.consents import is_adult, last_day
from enrollment.models import Consent, ConsentForm, Guardian, Guardianship, Student, Untold
from enrollment.services.consents import AnswerInput

LETTERS = {"G": Consent.Answer.GRANTED, "R": Consent.Answer.REFUSED}


class WordingForm(forms.Form):
    """Version, validity and words of the consent form, one field a language."""

    version = forms.CharField(label=_("Name of this version"), max_length=80)
    valid_months = forms.IntegerField(
        label=_("Valid for (months)"),
        min_value=1,
        max_value=120,
        required=False,
        help_text=_("Leave empty if consents do not expire."),
    )

    def __init__(self, institution: Institution, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stored = current_form(institution)
        words = {w.language: w.text for w in self.stored.wordings.all()} if self.stored else {}
        for language, name in settings.LANGUAGES:
            starter = "" if self.stored else starter_text(institution, language)
            self.fields[f"text_{language}"] = forms.CharField(
                label=_("Wording in %(language)s") % {"language": name},
                max_length=20_000,
                required=False,
                initial=words.get(language, starter),
                widget=forms.Textarea(attrs={"rows": 16, "lang": language, "dir": "auto"}),
            )
        self.fields["version"].initial = self.stored.version if self.stored else free_version(institution)
        self.fields["valid_months"].initial = self.stored.valid_months if self.stored else 12

    @property
    def texts(self) -> dict[str, str]:
        """The words by language."""
        return {language: self.cleaned_data[f"text_{language}"] for language, _name in settings.LANGUAGES}


class ToldForm(forms.Form):
    """The day on which all parents of the chosen students were told."""

    told_on = DayField(label=_("Told on"))

    def clean_told_on(self) -> date:
        return _past(self.cleaned_data["told_on"])


class ParentForm(forms.Form):
    """The day on which one parent was told, or the reason why they cannot be."""

    told_on = DayField(label=_("Told on"), required=False)
    because = forms.ChoiceField(
        label=_("Not told because"), required=False, choices=[("", "–"), *Untold.choices]
    )  # fmt: skip

    @classmethod
    def of(cls, relation: Guardianship) -> "ParentForm":
        """The form with what is on record."""
        known = {"told_on": relation.told_on, "because": relation.untold_because}
        return cls(initial=known, auto_id=f"{relation.guardian_id}-%s")

    def clean_told_on(self) -> date | None:
        told: date | None = self.cleaned_data["told_on"]
        return told and _past(told)


def _past(day: date) -> date:
    if day > timezone.localdate():
        raise ValidationError(_("This day has not come yet. Please check the date."))
    return day


class PaperForm(DaysForm):
    """Facts that a pile of paper answers has in common. Typed once."""

    days = ("given_on", "expires_on")
    version = forms.ModelChoiceField(label=_("Version of the form"), queryset=ConsentForm.objects.none())
    given_on = DayField(label=_("Signed on"))
    expires_on = DayField(label=_("Valid until"), required=False, help_text=_("Leave empty for what the form says."))
    medium = forms.ChoiceField(
        label=_("Given"),
        choices=[(each.value, each.label) for each in (Consent.Medium.PAPER, Consent.Medium.SPOKEN)],
        initial=Consent.Medium.PAPER,
    )

    def __init__(self, institution: Institution, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        versions = ConsentForm.objects.for_institution(institution)
        field = self.fields["version"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset, field.empty_label = versions, None
        field.initial = versions.filter(is_current=True).values_list("pk", flat=True).first()
        self.fields["given_on"].initial = timezone.localdate()

    def clean_given_on(self) -> date:
        given: date = self.cleaned_data["given_on"]
        if given > timezone.localdate():
            raise ValidationError(_("An answer cannot be given in the future. Please check the date."))
        return given

    def answer_of(self, row: "PaperRow") -> AnswerInput:
        """A row's answer with what all have in common."""
        data = self.cleaned_data
        form: ConsentForm = data["version"]
        given_on: date = data["given_on"]
        return AnswerInput(
            answer=LETTERS[row.letter],
            given_by=row.giver,
            wording=form.version,
            form=form,
            guardian=row.guardian,
            by_student=row.is_student,
            medium=Consent.Medium(data["medium"]),
            given_at=noon_of(given_on),
            expires_on=data["expires_on"] or last_day(given_on, form.valid_months),
        )


@dataclass(slots=True)
class PaperRow:
    """A line of the class list: letter ("G", "R" or empty for no answer), and the name of who signed."""

    student: Student
    givers: Sequence[str]
    letter: str = ""
    giver: str = ""
    guardian: Guardian | None = None
    is_student: bool = False
    error: str = ""


def paper_rows(students: Sequence[Student], data: QueryDict | None) -> list[PaperRow]:
    """A row for each student, whose `guardianships` were read; filled with what was sent, if anything was."""
    return [_paper_row(student, data) for student in students]


def _paper_row(student: Student, data: QueryDict | None) -> PaperRow:
    adult = is_adult(student.birth_date, timezone.localdate())
    deciding = [] if adult else [each.guardian for each in student.guardianships.all() if each.may_consent]
    givers = [*(guardian.name for guardian in deciding), student.name]
    if data is None:
        return PaperRow(student, givers, giver=givers[0] if adult or deciding else "")
    letter = data.get(f"answer-{student.pk}", "")
    row = PaperRow(student, givers, letter if letter in LETTERS else "", cleaned(data.get(f"giver-{student.pk}", "")))
    row.guardian = next((each for each in deciding if folded(each.name) == folded(row.giver)), None)
    row.is_student = row.guardian is None and folded(row.giver) == folded(student.name)
    if row.letter and not row.giver:
        row.error = str(_("Who signed? Write the name on the form."))
    elif len(row.giver) > 120:
        row.error = str(_("This name is too long."))
    return row


def noon_of(day: date) -> datetime:
    """Midday in the school's time zone, or now, whichever is earlier: a paper form tells no hour."""
    noon = datetime.combine(day, time(12), timezone.get_current_timezone())
    return min(noon, timezone.now())
