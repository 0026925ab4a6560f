"""Forms for pictures and for deciding faces."""

from typing import BinaryIO

from django import forms


class PictureForm(forms.Form):
    """A picture, which the service checks, and the nonce that makes sending it twice harmless."""

    picture = forms.FileField(allow_empty_file=True)
    nonce = forms.UUIDField()
    taken_at = forms.DateTimeField(required=False)  # sent by a device that kept it while it had no connection

    def upload(self) -> BinaryIO:
        """The uploaded file, after `is_valid()`."""
        return self.cleaned_data["picture"]


class DecideForm(forms.Form):
    """The student whose face it is; empty for nobody on this register."""

    student = forms.UUIDField(required=False)
