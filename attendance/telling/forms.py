"""Forms of notices: the school's choice, and a guardian's reason."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from attendance.lessons.clock import ClockField
from attendance.models import AbsenceNotice, Excuse, NoticePolicy
from enrollment.models import NoticeMode


class NoticePolicyForm(forms.ModelForm):
    """A school's choice about notices."""

    digest_at = ClockField(label=_("Time of the daily e-mail"))
    quiet_from = ClockField(label=_("No e-mails from"))
    quiet_until = ClockField(label=_("No e-mails until"), help_text=_("In the school's own time."))

    class Meta:
        model = NoticePolicy
        fields = ["is_on", "mode", "wait_minutes", "digest_at", "quiet_from", "quiet_until"]


class ChoiceForm(forms.Form):
    """A guardian's own choice about notices."""

    mode = forms.ChoiceField(label=_("When to tell me"), required=False, widget=forms.RadioSelect)

    def __init__(self, *args: Any, policy: NoticePolicy, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        school = _("As the school does: %s") % policy.get_mode_display()
        self.fields["mode"].choices = [("", school), *NoticeMode.choices]  # type: ignore[attr-defined]

    @property
    def chosen(self) -> NoticeMode | None:
        """The mode that was chosen; None for the school's."""
        return NoticeMode(self.cleaned_data["mode"]) if self.cleaned_data["mode"] else None


class ReasonForm(forms.Form):
    """A reason for some of the absences of a mail."""

    notices = forms.ModelMultipleChoiceField(
        AbsenceNotice.objects.none(), error_messages={"required": _("Tick the lessons that your reason is for.")}
    )
    kind = forms.ChoiceField(label=_("Reason"), choices=Excuse.Kind.choices)
    note = forms.CharField(
        label=_("Note"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Only what the school needs to know."),
    )  # fmt: skip

    def __init__(self, *args: Any, notices: list[AbsenceNotice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = AbsenceNotice.objects.filter(pk__in=[each.pk for each in notices])
        self.fields["notices"].queryset = choices  # type: ignore[attr-defined]
