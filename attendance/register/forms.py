"""Forms of the register's actions."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from attendance.domain.statuses import Status
from attendance.models import ClassSession
from attendance.register.marks import MarkInput
from attendance.register.moments import NOT_IN_LESSON, moment_of_leaving
from attendance.register.status_codes import ShownStatus, statuses_of

MOST_MINUTES = 600


class MarkForm(forms.Form):
    """A status for a student, and the version of the mark that the person saw; from the row's panel, details with it.

    The status is one of the school's, by its letters. Only the panel sends a note, even if it is empty.
    """

    status = forms.CharField(max_length=3)
    version = forms.IntegerField(min_value=0, max_value=2**31 - 1)
    minutes = forms.IntegerField(min_value=0, max_value=MOST_MINUTES, required=False)
    left = forms.TimeField(required=False)
    note = forms.CharField(max_length=200, required=False)

    def __init__(self, *args: Any, session: ClassSession, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.session = session

    def clean_status(self) -> ShownStatus:
        code = statuses_of(self.session.institution).find(self.cleaned_data["status"])
        if code is None:
            raise forms.ValidationError(_("That is not a status. Reload the page and try again."))
        return code

    def clean_left(self) -> datetime | None:
        at = self.cleaned_data["left"]
        if at is None:
            return None
        first = self.session.local_date
        for day in (first, first + timedelta(days=1)):  # a lesson may last beyond midnight
            claimed = datetime.combine(day, at, self.session.institution.zone)
            if left := moment_of_leaving(claimed, session=self.session):
                return left
        raise forms.ValidationError(NOT_IN_LESSON)

    def word(self) -> MarkInput:
        """The person's entry, after `is_valid()`."""
        code: ShownStatus = self.cleaned_data["status"]
        has_details = "note" in self.data
        return MarkInput(
            status=code.kind,
            code=code.code,
            minutes_late=self.cleaned_data["minutes"] if has_details else None,
            left_at=self.cleaned_data["left"] if has_details else None,
            note=self.cleaned_data["note"] if has_details else None,
        )

    def first_error(self) -> str:
        """One sentence for the person: the first error."""
        return str(next(iter(next(iter(self.errors.values())))))


class RestForm(forms.Form):
    """The status for everybody without a mark: present or absent."""

    status = forms.ChoiceField(choices=[(Status.PRESENT.value, "present"), (Status.ABSENT.value, "absent")])


class ReopenForm(forms.Form):
    """The reason for opening a closed register again. The service asks for one where it is needed."""

    reason = forms.CharField(required=False)


class GuestForm(forms.Form):
    """A guest for the register, and the detected face that they are marked by, if there is one."""

    student = forms.UUIDField()
    face = forms.UUIDField(required=False)


class UndoForm(forms.Form):
    """The version of the mark to undo."""

    version = forms.IntegerField(min_value=1)
