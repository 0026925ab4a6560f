"""Form for the file to import, and what a person decided about one."""

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from enrollment.importing.kinds import ImportKind, all_kinds
from enrollment.importing.tables import MOST_BYTES
from enrollment.importing.values import ORDERS
from enrollment.models import ImportRun

_MOST_TEXT = 500
_FREE = ("encoding", "sheet", "org")


class UploadForm(forms.Form):
    """A file, and its contents."""

    kind = forms.ChoiceField(label=_("Contents"), widget=forms.RadioSelect)
    file = forms.FileField(label=_("File"), allow_empty_file=True, max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = all_kinds()
        field = self.fields["kind"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(kind.name, kind.title) for kind in kinds]
        extensions = dict.fromkeys(each for kind in kinds for each in kind.extensions.split(","))
        self.fields["file"].widget.attrs["accept"] = ",".join(extensions)
        sentence = _("A spreadsheet (XLSX) or a text file (CSV), or a ZIP for OneRoster; %(mega)d MB at most.")
        self.fields["file"].help_text = sentence % {"mega": MOST_BYTES // 1_000_000}

    @property
    def kinds(self) -> list[tuple[ImportKind, bool]]:
        """The kinds, and which one is chosen: the first, before anybody has."""
        chosen = self["kind"].value() or all_kinds()[0].name
        return [(kind, kind.name == chosen) for kind in all_kinds()]


def columns_chosen(run: ImportRun, kind: ImportKind, posted: Mapping[str, str]) -> dict[int, str]:
    """The columns whose field is another one than the page showed; what is no field of the kind is ignored."""
    shown = {column["number"]: column["field"] for column in run.summary.get("columns", [])}
    found: dict[int, str] = {}
    for name, value in posted.items():
        number = re.fullmatch(r"column-(\d{1,4})", name)
        if not number or int(number[1]) not in shown or (value and value not in kind.labels):
            continue
        if shown[int(number[1])] != value:
            found[int(number[1])] = value
    return found


def options_chosen(kind: ImportKind, posted: Mapping[str, str]) -> dict[str, Any]:
    """The options that are posted: an answer about the file or about a row, or the correction of a cell."""
    options: dict[str, Any] = {}
    option, answer = posted.get("option", ""), posted.get("answer", "")[:_MOST_TEXT]
    if option in _FREE and answer:
        options[option] = answer
    elif option.startswith("answer:") and answer:
        options["answers"] = {option.removeprefix("answer:"): answer}
    elif option.startswith("order:") and answer in ORDERS:
        options["orders"] = {option.removeprefix("order:"): answer}
    if (key := posted.get("key", "")[:_MOST_TEXT]) and answer:
        options["answers"] = {key: answer}
    row, field = posted.get("row", ""), posted.get("field", "")
    if row.isdecimal() and len(row) < 9 and field in kind.labels:
        options["corrections"] = {row: {field: posted.get("text", "")[:_MOST_TEXT].strip()}}
    return options
