"""The office's forms against ids that are none: what a browser sends for a choice may be any text."""

from collections.abc import Sequence
from typing import Any

from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest


class KnownFields:
    """Admin page that takes an empty name of a field in its address for none. Django's would look the field up."""

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        return super().get_object(request, object_id, from_field or None)  # type: ignore[misc]


class KnownChoices(AutocompleteSelect):
    """Field with suggestions that leaves out chosen ids which can be none: Django's would ask the database for them.

    `chosen` of a table of rows: the ids in all of its rows, looked up together with the first; None: each by itself.
    """

    chosen: set[str] | None = None
    _labels: dict[str, str] | None = None

    def optgroups(self, name: str, value: Sequence[str], attr: Any = None) -> list[Any]:
        chosen = [str(each) for each in value if is_id_of(self.field.remote_field.model, each)]
        if self.chosen is None or not self.chosen.issuperset(chosen):
            return super().optgroups(name, chosen, attr)
        labels = self._labels_of_all()
        empty = [] if self.is_required else [self.create_option(name, "", "", False, 0)]
        options = [self.create_option(name, pk, labels[pk], True, n) for n, pk in enumerate(chosen) if pk in labels]
        return [(None, [*empty, *options], 0)]

    def for_table(self) -> None:
        """Share the lookup among the copies of this widget, one in each row of a table."""
        self.chosen, self._labels = set(), {}

    def _labels_of_all(self) -> dict[str, str]:
        assert self.chosen is not None
        assert self._labels is not None
        if not self._labels.keys() >= self.chosen:
            rows = self.choices.queryset.filter(pk__in=self.chosen)
            label = self.choices.field.label_from_instance
            self._labels |= dict.fromkeys(self.chosen, "") | {str(row.pk): label(row) for row in rows}
        return {pk: label for pk, label in self._labels.items() if label}


def is_id_of(model: type[models.Model], value: Any) -> bool:
    """True if a value from a form could be the id of a row of the model."""
    try:
        model._meta.pk.clean(value, None)
    except ValidationError:
        return False
    return True
